#include "session/encode_body.hpp"

#include <stdexcept>
#include <system_error>

#include "http/multipart.hpp"

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

// The fields of `form`, then the files, or the parts as they were given.
std::vector<Part> parts_of(const RequestOptions& options) {
  if (options.files.empty()) return options.multipart;
  std::vector<Part> parts;
  if (options.form) {
    for (const auto& [name, value] : *options.form) parts.push_back(Part::field(name, value));
  }
  for (const auto& [name, file] : options.files) {
    try {
      parts.push_back(file.part(name));
    } catch (const std::system_error& error) {
      throw std::invalid_argument("RequestOptions.files: \"" + printable(name) +
                                  "\": " + error.what());
    }
  }
  return parts;
}

void encode_multipart(const RequestOptions& options, Request& request) {
  const std::string boundary = random_boundary();
  const std::string given(request.headers.get("Content-Type").value_or(""));
  request.headers.set("Content-Type", multipart_type(given, boundary));
  request.body = multipart_body(parts_of(options), boundary);
}

void set_default_type(Request& request, const char* type) {
  if (!request.headers.contains("Content-Type")) request.headers.set("Content-Type", type);
}

}  // namespace

void encode_body(const RequestOptions& options, Request& request) {
  const bool form = options.form.has_value() || !options.files.empty();
  const int given = int{form} + int{!options.multipart.empty()} + int{options.json.has_value()} +
                    int{options.body.has_value()};
  if (given > 1) {
    throw std::invalid_argument(
        "RequestOptions: at most one of form (with files), multipart, json and body");
  }
  if (given > 0 && !request.body.absent())
    throw std::invalid_argument("RequestOptions: the request has a body already");
  if (options.body) request.body = *options.body;
  if (options.json) {
    request.body = Body::bytes(options.json->text);
    set_default_type(request, "application/json");
  }
  if (!options.files.empty() || !options.multipart.empty()) {
    encode_multipart(options, request);
  } else if (options.form) {
    request.body = Body::bytes(form_encode(*options.form));
    set_default_type(request, "application/x-www-form-urlencoded");
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
