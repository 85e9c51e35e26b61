// The two sets of a reactor, readers and writers, in one table by descriptor.
#pragma once

#include "reactor/demultiplexer.hpp"
#include "reactor/interfaces.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace poetry {

/// Remembers which object is registered for which descriptor, and passes changes to the
/// demultiplexer.
class DescriptorTable {
 public:
  /// An object that is registered: as a reader, as a writer or as both.
  struct Entry {
    IFileDescriptor* object = nullptr;
    IReadDescriptor* reader = nullptr;
    IWriteDescriptor* writer = nullptr;
    std::uint32_t addedIn = 0;  // the iteration in which it was registered
    bool isInternal = false;    // belongs to the reactor, so the sets do not show it
  };

  /// `demultiplexer` must outlive the table.
  explicit DescriptorTable(IDemultiplexer& demultiplexer) : demultiplexer_(demultiplexer) {}

  // As in IReactorFDSet.
  void addReader(IReadDescriptor& reader) { add(reader, &reader, nullptr); }
  void addWriter(IWriteDescriptor& writer) { add(writer, nullptr, &writer); }
  void removeReader(IReadDescriptor& reader) { remove(reader, reader.fileno(), true, false); }
  void removeWriter(IWriteDescriptor& writer) { remove(writer, writer.fileno(), false, true); }
  std::vector<IFileDescriptor*> removeAll();
  [[nodiscard]] std::vector<IReadDescriptor*> getReaders() const;
  [[nodiscard]] std::vector<IWriteDescriptor*> getWriters() const;

  /// Registers a reader of the reactor's own: removeAll leaves it, and the sets do not show it.
  void addInternalReader(IReadDescriptor& reader);

  /// Removes `object` from both sets, if it is still registered for `fd`.
  void remove(const IFileDescriptor& object, int fd) { remove(object, fd, true, true); }

  /// Is `object` registered for `fd`, even if only since this iteration began?
  [[nodiscard]] bool contains(const IFileDescriptor& object, int fd) const;

  /// Begins an iteration of the loop.
  void beginIteration() { ++iteration_; }

  /// The entry for a descriptor that was found ready. nullptr if no object is registered for it, or
  /// if the object was registered in this iteration. In that case the descriptor may have been closed
  /// and opened again, and only the old one was ready.
  [[nodiscard]] const Entry* find(int fd) const;

 private:
  void add(IFileDescriptor& object, IReadDescriptor* reader, IWriteDescriptor* writer);
  void remove(const IFileDescriptor& object, int fd, bool asReader, bool asWriter);
  void change(int fd, IReadDescriptor* reader, IWriteDescriptor* writer);

  IDemultiplexer& demultiplexer_;
  std::deque<Entry> entries_;  // by descriptor
  std::uint32_t iteration_ = 0;
};

}  // namespace poetry
