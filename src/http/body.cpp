#include <redial/http/body.hpp>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace redial {
inline namespace v0 {

BodyReader::~BodyReader() = default;
bool BodyReader::is_ready(const std::function<void()>&) {
  return true;
}

struct Body::Source {
  virtual ~Source() = default;
  virtual bool replayable() const noexcept = 0;
  virtual bool streamed() const noexcept = 0;
  virtual std::optional<std::uint64_t> length() const noexcept = 0;
  virtual std::optional<std::string_view> in_memory() const noexcept { return std::nullopt; }
  virtual void rewind() {}
  virtual bool may_wait() const noexcept { return false; }
  virtual std::unique_ptr<BodyReader> open() = 0;
};

namespace {

class MemoryReader final : public BodyReader {
 public:
  explicit MemoryReader(std::string_view content) : left_(content) {}
  std::size_t read(char* into, std::size_t size) override {
    const auto piece = left_.substr(0, size);
    std::memcpy(into, piece.data(), piece.size());
    left_.remove_prefix(piece.size());
    return piece.size();
  }

 private:
  std::string_view left_;
};

struct MemorySource final : Body::Source {
  explicit MemorySource(std::string text) : content(std::move(text)) {}
  bool replayable() const noexcept override { return true; }
  bool streamed() const noexcept override { return false; }
  std::optional<std::uint64_t> length() const noexcept override { return content.size(); }
  std::optional<std::string_view> in_memory() const noexcept override { return content; }
  std::unique_ptr<BodyReader> open() override { return std::make_unique<MemoryReader>(content); }
  std::string content;
};

class FileReader final : public BodyReader {
 public:
  FileReader(const std::filesystem::path& path, std::uint64_t expected)
      : path_(path), expected_(expected) {
    file_ = std::fopen(path.c_str(), "rbe");
    if (file_ == nullptr)
      throw std::system_error(errno, std::generic_category(), "cannot open " + path.string());
  }
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;
  ~FileReader() override { std::fclose(file_); }

  std::size_t read(char* into, std::size_t size) override {
    const auto count = std::fread(into, 1, size, file_);
    if (count < size && std::ferror(file_) != 0) {
      throw std::system_error(errno, std::generic_category(), "cannot read " + path_.string());
    }
    seen_ += count;
    // A file that grew or shrank under us is another body: half of it must never pass for the
    // whole.
    if (seen_ > expected_ || (count == 0 && seen_ != expected_)) {
      throw std::runtime_error(path_.string() + " changed its size while it was being sent");
    }
    return count;
  }

 private:
  std::filesystem::path path_;
  std::uint64_t expected_;
  std::uint64_t seen_ = 0;
  std::FILE* file_;
};

struct FileSource final : Body::Source {
  explicit FileSource(std::filesystem::path where) : path(std::move(where)) {
    if (!std::filesystem::is_regular_file(path)) {
      const auto code = std::filesystem::exists(path) ? std::errc::invalid_argument
                                                      : std::errc::no_such_file_or_directory;
      throw std::system_error(std::make_error_code(code), "body file " + path.string());
    }
    size = std::filesystem::file_size(path);
    FileReader(path, size);  // fails now, not in the middle of a call
  }
  bool replayable() const noexcept override { return true; }
  bool streamed() const noexcept override { return true; }
  std::optional<std::uint64_t> length() const noexcept override { return size; }
  std::unique_ptr<BodyReader> open() override { return std::make_unique<FileReader>(path, size); }
  std::filesystem::path path;
  std::uint64_t size = 0;
};

class StreamReader final : public BodyReader {
 public:
  explicit StreamReader(const Body::Read& read) : read_(read) {}
  std::size_t read(char* into, std::size_t size) override { return read_(into, size); }

 private:
  const Body::Read& read_;
};

struct StreamSource final : Body::Source {
  StreamSource(Body::Read reader, Body::Rewind rewinder, std::optional<std::uint64_t> announced)
      : read(std::move(reader)), go_back(std::move(rewinder)), size(announced) {}
  bool replayable() const noexcept override { return go_back != nullptr || !opened; }
  bool streamed() const noexcept override { return true; }
  std::optional<std::uint64_t> length() const noexcept override { return size; }
  void rewind() override {
    if (!opened) return;
    if (!go_back) throw std::runtime_error("a stream body without rewind can be sent only once");
    go_back();
    opened = false;
  }
  std::unique_ptr<BodyReader> open() override {
    rewind();
    opened = true;
    return std::make_unique<StreamReader>(read);
  }
  Body::Read read;
  Body::Rewind go_back;
  std::optional<std::uint64_t> size;
  bool opened = false;
};

struct ReaderSource final : Body::Source {
  ReaderSource(std::unique_ptr<BodyReader> given, std::optional<std::uint64_t> announced)
      : reader(std::move(given)), size(announced) {}
  bool replayable() const noexcept override { return reader != nullptr; }
  bool streamed() const noexcept override { return true; }
  std::optional<std::uint64_t> length() const noexcept override { return size; }
  void rewind() override {
    if (reader == nullptr)
      throw std::runtime_error("a stream body without rewind can be sent only once");
  }
  bool may_wait() const noexcept override { return true; }
  std::unique_ptr<BodyReader> open() override {
    rewind();
    return std::move(reader);
  }
  std::unique_ptr<BodyReader> reader;
  std::optional<std::uint64_t> size;
};

class JoinedReader final : public BodyReader {
 public:
  explicit JoinedReader(const std::vector<Body>& bodies) : bodies_(bodies) {}
  std::size_t read(char* into, std::size_t size) override {
    while (next_ < bodies_.size() || reader_ != nullptr) {
      if (reader_ == nullptr) reader_ = bodies_[next_++].open();
      const std::size_t count = reader_->read(into, size);
      if (count > 0) return count;
      reader_.reset();
    }
    return 0;
  }

 private:
  const std::vector<Body>& bodies_;
  std::size_t next_ = 0;
  std::unique_ptr<BodyReader> reader_;
};

struct JoinedSource final : Body::Source {
  explicit JoinedSource(std::vector<Body> parts) : bodies(std::move(parts)) {}
  bool replayable() const noexcept override {
    return std::all_of(bodies.begin(), bodies.end(), [](const Body& b) { return b.replayable(); });
  }
  bool streamed() const noexcept override { return true; }
  std::optional<std::uint64_t> length() const noexcept override {
    std::uint64_t sum = 0;
    for (const auto& body : bodies) {
      if (!body.length()) return std::nullopt;
      sum += *body.length();
    }
    return sum;
  }
  void rewind() override {
    for (const auto& body : bodies) body.rewind();
  }
  std::unique_ptr<BodyReader> open() override { return std::make_unique<JoinedReader>(bodies); }
  std::vector<Body> bodies;
};

}  // namespace

Body::Body() = default;
Body::Body(std::string content) : source_(std::make_shared<MemorySource>(std::move(content))) {}
Body::Body(std::string_view content) : Body(std::string(content)) {}
Body::Body(const char* content) : Body(std::string(content)) {}
Body::Body(std::shared_ptr<Source> source) : source_(std::move(source)) {}

Body Body::bytes(std::string content) {
  return {std::move(content)};
}
Body Body::file(const std::string& path) {
  return Body(std::make_shared<FileSource>(path));
}

Body Body::stream(Read read, std::optional<std::uint64_t> length) {
  if (!read) throw std::invalid_argument("Body::stream: read is empty");
  return Body(std::make_shared<StreamSource>(std::move(read), nullptr, length));
}

Body Body::reader(std::unique_ptr<BodyReader> reader, std::optional<std::uint64_t> length) {
  if (reader == nullptr) throw std::invalid_argument("Body::reader: null");
  return Body(std::make_shared<ReaderSource>(std::move(reader), length));
}

Body Body::rewindable(Read read, Rewind rewind, std::optional<std::uint64_t> length) {
  if (!read) throw std::invalid_argument("Body::rewindable: read is empty");
  if (!rewind) throw std::invalid_argument("Body::rewindable: rewind is empty");
  return Body(std::make_shared<StreamSource>(std::move(read), std::move(rewind), length));
}

Body Body::joined(std::vector<Body> bodies) {
  for (const Body& body : bodies) {
    if (body.source_ != nullptr && body.source_->may_wait())
      throw std::invalid_argument("Body::joined: a reader cannot be one of them");
  }
  const bool in_memory = std::all_of(bodies.begin(), bodies.end(),
                                     [](const Body& body) { return body.in_memory().has_value(); });
  if (!in_memory) return Body(std::make_shared<JoinedSource>(std::move(bodies)));
  std::string content;
  for (const auto& body : bodies) content += *body.in_memory();
  return bytes(std::move(content));
}

bool Body::absent() const noexcept {
  return source_ == nullptr;
}
bool Body::replayable() const noexcept {
  return source_ == nullptr || source_->replayable();
}
bool Body::streamed() const noexcept {
  return source_ != nullptr && source_->streamed();
}

std::optional<std::uint64_t> Body::length() const noexcept {
  return source_ == nullptr ? std::optional<std::uint64_t>(0) : source_->length();
}

std::optional<std::string_view> Body::in_memory() const noexcept {
  return source_ == nullptr ? std::optional<std::string_view>("") : source_->in_memory();
}

void Body::rewind() const {
  if (source_ != nullptr) source_->rewind();
}

std::unique_ptr<BodyReader> Body::open() const {
  if (source_ == nullptr) return std::make_unique<MemoryReader>("");
  return source_->open();
}

}  // namespace v0
}  // namespace redial
