#include "reactor/descriptor_table.hpp"

#include <algorithm>
#include <cerrno>

namespace poetry {

void DescriptorTable::add(IFileDescriptor& object, IReadDescriptor* reader,
                          IWriteDescriptor* writer) {
  const int fd = object.fileno();
  if (fd < 0) {
    throwCannotWatch(fd, EBADF);
  }
  const auto index = static_cast<std::size_t>(fd);
  entries_.resize(std::max(entries_.size(), index + 1));
  Entry& entry = entries_[index];
  const bool isNew = entry.object == nullptr;
  if (!isNew && entry.object != &object) {
    throwCannotWatch(fd, EEXIST);
  }
  change(fd, reader != nullptr ? reader : entry.reader, writer != nullptr ? writer : entry.writer);
  if (isNew) {
    entry.object = &object;
    entry.addedIn = iteration_;
  }
}

void DescriptorTable::remove(const IFileDescriptor& object, int fd, bool asReader, bool asWriter) {
  if (!contains(object, fd)) {
    return;
  }
  const Entry& entry = entries_[static_cast<std::size_t>(fd)];
  change(fd, asReader ? nullptr : entry.reader, asWriter ? nullptr : entry.writer);
}

bool DescriptorTable::contains(const IFileDescriptor& object, int fd) const {
  const auto index = static_cast<std::size_t>(fd);
  return fd >= 0 && index < entries_.size() && entries_[index].object == &object;
}

/// Registers the object of this entry for these two, and forgets it if both are null.
void DescriptorTable::change(int fd, IReadDescriptor* reader, IWriteDescriptor* writer) {
  Entry& entry = entries_[static_cast<std::size_t>(fd)];
  if (reader != entry.reader || writer != entry.writer) {
    demultiplexer_.watch(fd, reader != nullptr, writer != nullptr);
  }
  entry.reader = reader;
  entry.writer = writer;
  if (reader == nullptr && writer == nullptr) {
    entry = {};
  }
}

void DescriptorTable::addInternalReader(IReadDescriptor& reader) {
  addReader(reader);
  entries_[static_cast<std::size_t>(reader.fileno())].isInternal = true;
}

std::vector<IFileDescriptor*> DescriptorTable::removeAll() {
  std::vector<IFileDescriptor*> removed;
  for (std::size_t index = 0; index < entries_.size(); ++index) {
    if (entries_[index].object != nullptr && !entries_[index].isInternal) {
      removed.push_back(entries_[index].object);
      change(static_cast<int>(index), nullptr, nullptr);
    }
  }
  return removed;
}

std::vector<IReadDescriptor*> DescriptorTable::getReaders() const {
  std::vector<IReadDescriptor*> result;
  for (const Entry& entry : entries_) {
    if (entry.reader != nullptr && !entry.isInternal) {
      result.push_back(entry.reader);
    }
  }
  return result;
}

std::vector<IWriteDescriptor*> DescriptorTable::getWriters() const {
  std::vector<IWriteDescriptor*> result;
  for (const Entry& entry : entries_) {
    if (entry.writer != nullptr) {
      result.push_back(entry.writer);
    }
  }
  return result;
}

const DescriptorTable::Entry* DescriptorTable::find(int fd) const {
  const auto index = static_cast<std::size_t>(fd);
  const bool isRegistered = index < entries_.size() && entries_[index].object != nullptr &&
                            entries_[index].addedIn != iteration_;
  return isRegistered ? &entries_[index] : nullptr;
}

}  // namespace poetry
