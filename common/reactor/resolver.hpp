// Names to addresses, without blocking: libevent's evdns behind IHostnameResolver.
#pragma once

#include "reactor/demultiplexer.hpp"
#include "reactor/interfaces.hpp"

#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

struct evdns_base;

namespace poetry {

/// Asks the name servers of resolv.conf, and the hosts file first.
class Resolver {
 public:
  /// Does its I/O with `demultiplexer` and its calls back through `time`; both have to outlive it.
  /// Instead of resolv.conf it reads `nameservers` ("127.0.0.1:5353") if there are any. Nothing is
  /// opened before the first name is asked for.
  Resolver(Demultiplexer& demultiplexer, IReactorTime& time, std::vector<std::string> nameservers);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// As IHostnameResolver::resolveHostName.
  [[nodiscard]] std::shared_ptr<void> resolveHostName(const HostPort& destination,
                                                      std::function<void(const Resolution&)> done);

 private:
  struct Lookup;
  struct FreeBase {
    void operator()(evdns_base* base) const;
  };

  void openBase();

  Demultiplexer& demultiplexer_;
  IReactorTime& time_;
  std::vector<std::string> nameservers_;
  std::unique_ptr<evdns_base, FreeBase> dns_;
  std::unordered_set<Lookup*> lookups_;  // each belongs to whoever asked
};

}  // namespace poetry
