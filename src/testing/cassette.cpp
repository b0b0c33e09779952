#include <redial/testing/cassette.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include <redial/http/text.hpp>

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

using nlohmann::ordered_json;

constexpr int k_version = 1;

// --- writing

ordered_json to_json(const Headers& fields) {
  ordered_json list = ordered_json::array();
  for (const auto& field : fields) list.push_back(ordered_json::array({field.name, field.value}));
  return list;
}

bool is_utf8(const std::string& bytes) {
  try {
    static_cast<void>(ordered_json(bytes).dump());
    return true;
  } catch (const ordered_json::type_error&) {
    return false;
  }
}

ordered_json body_to_json(const std::string& body) {
  if (body.empty()) return nullptr;
  if (is_utf8(body)) return {{"text", body}};
  return {{"base64", base64_encode(body)}};
}

ordered_json to_json(const Interaction& one) {
  ordered_json json;
  json["request"] = {{"method", one.method},
                     {"url", one.url},
                     {"headers", to_json(one.headers)},
                     {"body", body_to_json(one.body)}};
  const Scripted& came = one.outcome;
  json["outcome"] = {{"evidence", to_string(came.evidence)},
                     {"fault", to_string(came.fault)},
                     {"takes_ms", std::chrono::duration<double, std::milli>(came.takes).count()},
                     {"connection_reused", came.connection_reused},
                     {"os_error", came.os_error},
                     {"detail", came.detail}};
  json["response"] = nullptr;
  if (came.evidence == Evidence::responded) {
    json["response"] = {{"status", came.status},
                        {"reason", came.reason},
                        {"headers", to_json(came.headers)},
                        {"body", body_to_json(came.body)},
                        {"trailers", to_json(came.trailers)}};
  }
  return json;
}

// --- reading

/// A value in the file, which knows where it stands.
class Field {
 public:
  Field(const ordered_json& value, std::string path, std::string_view file)
      : value_(value), path_(std::move(path)), file_(file) {}

  [[noreturn]] void fail(const std::string& why) const {
    throw CassetteError(std::string(file_) + ": " + (path_.empty() ? "" : path_ + ": ") + why);
  }

  bool is_null() const { return value_.is_null(); }

  Field at(const std::string& name) const {
    const auto member = value_.find(name);
    if (member == value_.end()) fail("\"" + name + "\" is missing");
    return {*member, path_.empty() ? name : path_ + "." + name, file_};
  }

  /// An object with these members and no others.
  const Field& object(std::initializer_list<std::string_view> names) const {
    if (!value_.is_object()) fail("expected an object, found " + kind());
    for (const auto& [name, member] : value_.items()) {
      if (std::find(names.begin(), names.end(), name) == names.end())
        fail("\"" + printable(name) + "\" is not a field of this format");
    }
    return *this;
  }

  std::vector<Field> list() const {
    if (!value_.is_array()) fail("expected an array, found " + kind());
    std::vector<Field> elements;
    for (std::size_t i = 0; i < value_.size(); ++i)
      elements.emplace_back(value_[i], path_ + "[" + std::to_string(i) + "]", file_);
    return elements;
  }

  const std::string& text() const {
    if (!value_.is_string()) fail("expected a string, found " + kind());
    return value_.get_ref<const std::string&>();
  }

  bool boolean() const {
    if (!value_.is_boolean()) fail("expected true or false, found " + kind());
    return value_.get<bool>();
  }

  int integer(int least, int most) const {
    const bool fits = value_.is_number_integer() && value_.get<std::int64_t>() >= least &&
                      value_.get<std::int64_t>() <= most;
    if (!fits) {
      fail("expected a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
           ", found " + kind());
    }
    return value_.get<int>();
  }

  Duration milliseconds() const {
    constexpr double most = 1e12;
    const double count = value_.is_number() ? value_.get<double>() : -1;
    if (!(count >= 0 && count <= most)) fail("expected milliseconds, found " + kind());
    return Duration(std::llround(count * 1e6));
  }

  Headers headers() const {
    Headers fields;
    for (const Field& pair : list()) {
      const auto parts = pair.list();
      if (parts.size() != 2) pair.fail("expected a name and a value");
      if (!is_token(parts[0].text())) parts[0].fail("this is not a header's name");
      fields.add_received(parts[0].text(), parts[1].text());
    }
    return fields;
  }

  std::string body() const {
    if (is_null()) return {};
    object({"text", "base64"});
    if (value_.size() != 1) fail(R"(expected either "text" or "base64")");
    if (value_.contains("text")) return at("text").text();
    const Field encoded = at("base64");
    auto bytes = base64_decode(encoded.text());
    if (!bytes) encoded.fail("this is not base64");
    return *std::move(bytes);
  }

  /// The enumerator, up to `last`, that goes by this name.
  template <class Enum>
  Enum one_of(Enum last) const {
    for (int i = 0; i <= static_cast<int>(last); ++i) {
      if (to_string(static_cast<Enum>(i)) == text()) return static_cast<Enum>(i);
    }
    fail("\"" + printable(text()) + "\" is unknown");
  }

 private:
  std::string kind() const {
    if (!value_.is_number()) return value_.type_name();
    return value_.dump();
  }

  const ordered_json& value_;
  std::string path_;
  std::string_view file_;
};

void read_response(const Field& response, Scripted& came) {
  response.object({"status", "reason", "headers", "body", "trailers"});
  came.status = response.at("status").integer(100, 999);
  came.reason = response.at("reason").text();
  came.headers = response.at("headers").headers();
  came.body = response.at("body").body();
  came.trailers = response.at("trailers").headers();
}

Interaction read_interaction(const Field& json) {
  json.object({"request", "outcome", "response"});
  const Field request = json.at("request").object({"method", "url", "headers", "body"});
  Interaction one;
  one.method = request.at("method").text();
  if (!is_token(one.method)) request.at("method").fail("this is not a method");
  one.url = request.at("url").text();
  try {
    static_cast<void>(Url(one.url));
  } catch (const std::invalid_argument& error) {
    request.at("url").fail(error.what());
  }
  one.headers = request.at("headers").headers();
  one.body = request.at("body").body();

  const Field outcome = json.at("outcome").object(
      {"evidence", "fault", "takes_ms", "connection_reused", "os_error", "detail"});
  Scripted& came = one.outcome;
  came.evidence = outcome.at("evidence").one_of(Evidence::responded);
  came.fault = outcome.at("fault").one_of(Fault::cancelled);
  came.takes = outcome.at("takes_ms").milliseconds();
  came.connection_reused = outcome.at("connection_reused").boolean();
  came.os_error = outcome.at("os_error").integer(0, 1'000'000);
  came.detail = outcome.at("detail").text();
  const Field response = json.at("response");
  if (response.is_null() != (came.evidence != Evidence::responded))
    response.fail("an answer belongs to the evidence \"responded\", and to no other");
  if (response.is_null()) {
    if (came.fault == Fault::none) outcome.at("fault").fail("without an answer there is a fault");
    came.status = 0;
  } else {
    read_response(response, came);
  }
  return one;
}

// "…parse error at line 3, column 5: …" without the library's code.
std::string without_code(std::string_view message) {
  const std::size_t end = message.find("] ");
  return std::string(end == std::string_view::npos ? message : message.substr(end + 2));
}

}  // namespace

Cassette Cassette::parse(std::string_view text, std::string_view name) {
  ordered_json json;
  try {
    json = ordered_json::parse(text);
  } catch (const ordered_json::exception& error) {  // a number out of range is no parse_error
    throw CassetteError(std::string(name) + ": " + without_code(error.what()));
  }
  const Field whole(json, "", name);
  if (!json.is_object() || !json.contains("redial_cassette"))
    whole.fail("this is no cassette: \"redial_cassette\" is missing");
  const int version = whole.at("redial_cassette").integer(1, 1'000'000);
  if (version > k_version) {
    whole.at("redial_cassette")
        .fail("version " + std::to_string(version) + " is newer than this redial reads (" +
              std::to_string(k_version) + ")");
  }
  whole.object({"redial_cassette", "interactions"});
  Cassette cassette;
  for (const Field& one : whole.at("interactions").list())
    cassette.interactions.push_back(read_interaction(one));
  return cassette;
}

Cassette Cassette::load(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf()))
    throw CassetteError(file.string() + ": cannot be read, or is empty");
  return parse(text.str(), file.string());
}

std::string Cassette::text() const {
  ordered_json json;
  json["redial_cassette"] = k_version;
  json["interactions"] = ordered_json::array();
  for (const auto& one : interactions) json["interactions"].push_back(to_json(one));
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

void Cassette::save(const std::filesystem::path& file) const {
  try {
    if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path());
    const std::filesystem::path fresh = file.string() + ".new";
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    out << text();
    out.close();
    if (!out) {
      std::error_code ignored;
      std::filesystem::remove(fresh, ignored);
      throw CassetteError(file.string() + ": cannot be written");
    }
    std::filesystem::rename(fresh, file);
  } catch (const std::filesystem::filesystem_error& error) {
    throw CassetteError(file.string() + ": cannot be written: " + error.code().message());
  }
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
