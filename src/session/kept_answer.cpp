#include "session/kept_answer.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

// Numbers as they are in memory, texts behind their sizes. A head is bounded far below 4 GiB; a
// body is as large as its caller allows.

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

/// Measures, and then writes.
class Packer {
 public:
  explicit Packer(char* into) : into_(into) {}
  void put(const ReceivedResponse& answer) {
    put_number(answer.status);
    put_number(answer.http_minor);
    put(answer.reason);
    put_number(answer.body.size());
    copy(answer.body.data(), answer.body.size());
    put(answer.headers);
    put(answer.trailers);
  }
  std::size_t size() const { return size_; }

 private:
  void put(const Headers& fields) {
    put_number(static_cast<std::uint32_t>(fields.size()));
    for (const auto& field : fields) {
      put(field.name);
      put(field.value);
    }
  }
  void put(std::string_view text) {
    put_number(static_cast<std::uint32_t>(text.size()));
    copy(text.data(), text.size());
  }
  template <class Number>
  void put_number(Number number) {
    copy(&number, sizeof number);
  }
  void copy(const void* from, std::size_t count) {
    if (into_ != nullptr) std::memcpy(into_ + size_, from, count);
    size_ += count;
  }

  char* into_;
  std::size_t size_ = 0;
};

class Unpacker {
 public:
  explicit Unpacker(const char* from) : from_(from) {}
  template <class Number = std::uint32_t>
  Number number() {
    Number number = 0;
    std::memcpy(&number, from_, sizeof number);
    from_ += sizeof number;
    return number;
  }
  std::string text() { return text(number()); }
  std::string text(std::size_t size) {
    std::string text(from_, size);
    from_ += size;
    return text;
  }
  void fields(Headers& into) {
    for (std::uint32_t left = number(); left > 0; --left) {
      std::string name = text();
      into.add_received(std::move(name), text());
    }
  }

 private:
  const char* from_;
};

}  // namespace

KeptAnswer::KeptAnswer(const ReceivedResponse& answer) {
  Packer measure(nullptr);
  measure.put(answer);
  packed_ = std::make_unique_for_overwrite<char[]>(measure.size());
  Packer(packed_.get()).put(answer);
}

ReceivedResponse KeptAnswer::unpacked() const {
  Unpacker from(packed_.get());
  ReceivedResponse answer;
  answer.status = from.number<int>();
  answer.http_minor = from.number<int>();
  answer.reason = from.text();
  answer.body = from.text(from.number<std::size_t>());
  from.fields(answer.headers);
  from.fields(answer.trailers);
  return answer;
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
