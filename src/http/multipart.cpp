#include "http/multipart.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include <sys/random.h>

#include <redial/http/text.hpp>

#include "http/lower.hpp"

namespace redial {
inline namespace v0 {
namespace {

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') {
      out += "%22";
    } else if (c == '\r') {
      out += "%0D";
    } else if (c == '\n') {
      out += "%0A";
    } else {
      out += c;
    }
  }
  return out + '"';
}

void check_name(const Part& part, std::string_view text, const char* what) {
  const bool bad = std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t' && c != '\r' && c != '\n') || byte == 0x7F;
  });
  if (!bad) return;
  throw std::invalid_argument("multipart: part \"" + printable(part.name) + "\": its " + what +
                              " has a control character");
}

std::string head_of(const Part& part, const std::string& boundary) {
  check_name(part, part.name, "name");
  check_name(part, part.filename.value_or(""), "file name");
  std::string head = "--" + boundary + "\r\nContent-Disposition: form-data";
  if (!part.name.empty()) head += "; name=" + in_quotes(part.name);
  if (part.filename) head += "; filename=" + in_quotes(*part.filename);
  head += "\r\n";
  Headers fields;
  try {
    if (!part.type.empty()) fields.set("Content-Type", part.type);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument("multipart: part \"" + printable(part.name) +
                                "\": " + error.what());
  }
  for (const auto& field : part.headers) {
    if (iequals(field.name, "Content-Disposition") ||
        (iequals(field.name, "Content-Type") && !part.type.empty())) {
      throw std::invalid_argument("multipart: part \"" + printable(part.name) + "\": a second " +
                                  field.name);
    }
    fields.add(field.name, field.value);
  }
  for (const auto& field : fields) head += field.name + ": " + field.value + "\r\n";
  return head + "\r\n";
}

}  // namespace

Part Part::field(std::string name, std::string value) {
  return {.name = std::move(name), .content = Body::bytes(std::move(value))};
}

Part Part::file(std::string name, const std::string& path) {
  const std::string filename = std::filesystem::path(path).filename().string();
  return {.name = std::move(name),
          .content = Body::file(path),
          .filename = filename,
          .type = std::string(media_type_of(filename))};
}

FormFile::FormFile(std::string path) : path_(std::move(path)) {}
FormFile::FormFile(const char* path) : path_(path) {}
FormFile::FormFile(std::string filename, Body content, std::string type, Headers headers)
    : part_{.name = {},
            .content = std::move(content),
            .filename = std::move(filename),
            .type = std::move(type),
            .headers = std::move(headers)} {}

Part FormFile::part(std::string name) const {
  // Given by its content: `filename` is always there.
  if (!part_.filename) return Part::file(std::move(name), path_);
  Part part = part_;
  part.name = std::move(name);
  return part;
}

std::string_view media_type_of(std::string_view filename) noexcept {
  struct Known {
    std::string_view extension, type;
  };
  constexpr std::array<Known, 10> known{{{".gif", "image/gif"},
                                         {".jpg", "image/jpeg"},
                                         {".jpeg", "image/jpeg"},
                                         {".png", "image/png"},
                                         {".svg", "image/svg+xml"},
                                         {".txt", "text/plain"},
                                         {".htm", "text/html"},
                                         {".html", "text/html"},
                                         {".pdf", "application/pdf"},
                                         {".xml", "application/xml"}}};
  for (const auto& one : known) {
    if (filename.size() >= one.extension.size() &&
        iequals(filename.substr(filename.size() - one.extension.size()), one.extension)) {
      return one.type;
    }
  }
  return "application/octet-stream";
}

namespace detail {

std::string random_boundary() {
  std::array<unsigned char, 16> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw std::runtime_error("no randomness for a multipart boundary");
  }
  std::string text = "----redial";
  for (const auto byte : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", byte);
    text += digits;
  }
  return text;
}

Body multipart_body(const std::vector<Part>& parts, const std::string& boundary) {
  std::vector<Body> bodies;
  for (const auto& part : parts) {
    bodies.push_back(Body::bytes((bodies.empty() ? "" : "\r\n") + head_of(part, boundary)));
    bodies.push_back(part.content);
  }
  bodies.push_back(Body::bytes((bodies.empty() ? "--" : "\r\n--") + boundary + "--\r\n"));
  return Body::joined(std::move(bodies));
}

std::string multipart_type(const std::string& given, const std::string& boundary) {
  if (given.empty()) return "multipart/form-data; boundary=" + boundary;
  const std::string type = lowered(given);
  if (!type.starts_with("multipart/")) {
    throw std::invalid_argument("Content-Type: a multipart form cannot be " + printable(given));
  }
  if (type.find("boundary=") != std::string::npos) {
    throw std::invalid_argument(
        "Content-Type: leave the boundary of a multipart form out; it is made for each call");
  }
  return given + "; boundary=" + boundary;
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
