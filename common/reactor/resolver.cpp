#include "reactor/resolver.hpp"

#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>

#include <algorithm>
#include <new>
#include <utility>

#include <netdb.h>  // gai_strerror

namespace poetry {

namespace {

/// As resolv.conf(5) has it.
constexpr std::size_t kMostNameservers = 3;

}  // namespace

/// One question. evdns has a Ticket to it, which outlives the Lookup when nobody wants the answer
/// any more: evdns calls back in any case.
struct Resolver::Lookup {
  struct Ticket {
    std::weak_ptr<Lookup> lookup;
  };

  Lookup(Resolver& owner, std::function<void(const Resolution&)> callback)
      : resolver(&owner), done(std::move(callback)) {
    resolver->lookups_.insert(this);
  }

  ~Lookup() {
    forget();
    if (resolver != nullptr) {
      resolver->lookups_.erase(this);
    }
  }
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

  /// There will be no answer.
  void forget() {
    done = nullptr;
    if (delivery && delivery->active()) {
      delivery->cancel();
    }
    if (request != nullptr) {
      evdns_getaddrinfo_cancel(std::exchange(request, nullptr));  // calls answered() all the same
    }
  }

  static Resolution read(int error, const evutil_addrinfo* list) {
    if (error != 0) {
      // evdns gives up for good on a name server that is silent or ill; getaddrinfo(3) would say that
      // it may be better next time.
      const int told = error == EVUTIL_EAI_FAIL ? EAI_AGAIN : error;
      return {{}, Failure(DNSLookupError(::gai_strerror(told)))};
    }
    Resolution resolution;
    for (const evutil_addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
      resolution.addresses.push_back(Address::from(entry->ai_addr));
    }
    return resolution;
  }

  /// Called by evdns, maybe at once and maybe much later, exactly once for each ticket.
  static void answered(int error, evutil_addrinfo* list, void* argument) noexcept {
    const std::unique_ptr<Ticket> ticket(static_cast<Ticket*>(argument));
    const std::shared_ptr<Lookup> lookup = ticket->lookup.lock();
    if (lookup && lookup->done) {
      lookup->request = nullptr;
      lookup->deliver(read(error, list));
    }
    if (list != nullptr) {
      evutil_freeaddrinfo(list);
    }
  }

  void deliver(Resolution resolution) {
    delivery = resolver->time_.callLater(Seconds(0), [this, resolution = std::move(resolution)] {
      // `done` may drop the Lookup, and with it the std::function that is running.
      const auto callback = std::exchange(done, nullptr);
      callback(resolution);
    });
  }

  Resolver* resolver;  // nullptr when that is gone
  std::function<void(const Resolution&)> done;
  evdns_getaddrinfo_request* request = nullptr;
  std::shared_ptr<IDelayedCall> delivery;
};

void Resolver::FreeBase::operator()(evdns_base* base) const {
  evdns_base_free(base, 1);  // 1: those who still wait are told, with EVUTIL_EAI_CANCEL
}

Resolver::Resolver(Demultiplexer& demultiplexer, IReactorTime& time,
                   std::vector<std::string> nameservers)
    : demultiplexer_(demultiplexer), time_(time), nameservers_(std::move(nameservers)) {}

Resolver::~Resolver() {
  for (Lookup* lookup : lookups_) {
    lookup->forget();
    lookup->resolver = nullptr;
  }
  if (dns_) {
    // evdns frees what was cancelled by way of the loop.
    event_base_loop(demultiplexer_.base(), EVLOOP_NONBLOCK);
  }
}

void Resolver::openBase() {
  if (dns_) {
    return;
  }
  demultiplexer_.requireDescriptors(kMostNameservers);  // a socket for each
  std::unique_ptr<evdns_base, FreeBase> dns(
      evdns_base_new(demultiplexer_.base(), EVDNS_BASE_DISABLE_WHEN_INACTIVE));
  if (!dns) {
    throw std::bad_alloc();
  }
  if (nameservers_.empty()) {
    // Says by its result whether there is a resolv.conf. Without one a name is looked for in the
    // hosts file, and asking further fails, as it should.
    evdns_base_resolv_conf_parse(dns.get(), DNS_OPTIONS_ALL, "/etc/resolv.conf");
  }
  for (const std::string& nameserver : nameservers_) {
    if (evdns_base_nameserver_ip_add(dns.get(), nameserver.c_str()) != 0) {
      throw std::invalid_argument('\'' + nameserver + "' is not the address of a name server");
    }
  }
  dns_ = std::move(dns);
}

std::shared_ptr<void> Resolver::resolveHostName(const HostPort& destination,
                                                std::function<void(const Resolution&)> done) {
  openBase();
  auto lookup = std::make_shared<Lookup>(*this, std::move(done));
  evutil_addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = EVUTIL_AI_NUMERICSERV;
  auto ticket = std::make_unique<Lookup::Ticket>(Lookup::Ticket{lookup});
  // A null pointer if it has answered already.
  lookup->request = evdns_getaddrinfo(dns_.get(), destination.host.c_str(),
                                      std::to_string(destination.port).c_str(), &hints,
                                      &Lookup::answered, ticket.release());
  return lookup;
}

}  // namespace poetry
