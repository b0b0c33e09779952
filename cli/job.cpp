#include "job.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <system_error>
#include <utility>

#include <redial/http/text.hpp>

#include "http/framing.hpp"
#include "json_view.hpp"
#include "session/blank_key.hpp"

namespace redial::cli {
namespace {

using Kind = JsonView::Kind;

constexpr std::string_view k_blank = " \t\r\n";

// What a line says, while it is read.
class JobReader {
 public:
  JobReader(std::string_view text, std::uint64_t line, const JobSyntax& syntax)
      : text_(text), line_(line), syntax_(syntax) {}

  Job read() {
    const JsonView object = JsonView::parse(text_);
    if (!object.is(Kind::object)) fail(object, "a job is a JSON object or a bare URL");
    object.members([this](JsonView key, JsonView value) { member(key, value); });
    if (!url_) fail(object, "url is missing");
    if (!id_ && syntax_.dialect == JobDialect::openai) fail(object, "custom_id is missing");
    Job job{.line = line_,
            .id = id_ ? *std::move(id_) : "L" + std::to_string(line_),
            .request = Request(method_ ? *method_
                               : body_ ? "POST"
                                       : "GET",
                               *std::move(url_)),
            .unset_headers = std::move(unset_),
            .key = std::move(key_),
            .idempotent = idempotent_,
            .meta = std::move(meta_)};
    job.request.headers = std::move(headers_);
    if (body_) job.request.body = *std::move(body_);
    if (!type_.empty() && !job.request.headers.contains("Content-Type"))
      job.request.headers.set("Content-Type", type_);
    return job;
  }

  [[noreturn]] void fail(JsonView at, const std::string& why) const {
    throw JsonError(static_cast<std::size_t>(at.raw().data() - text_.data()), why);
  }

 private:
  struct Key {
    std::string_view name;
    void (JobReader::*read)(JsonView value);
  };
  static const std::array<Key, 12> k_ours;
  static const std::array<Key, 4> k_openai;
  static const std::array<Key, 4> k_vegeta;

  std::span<const Key> keys() const {
    switch (syntax_.dialect) {
      case JobDialect::openai:
        return k_openai;
      case JobDialect::vegeta:
        return k_vegeta;
      case JobDialect::ours:
        break;
    }
    return k_ours;
  }

  void member(JsonView key, JsonView value) {
    const std::string name = key.string();
    for (std::size_t i = 0; i < keys().size(); ++i) {
      const Key& known = keys()[i];
      if (known.name != name) continue;
      if ((seen_ & (1U << i)) != 0) fail(key, name + " is given twice");
      seen_ |= 1U << i;
      name_ = known.name;
      return (this->*known.read)(value);
    }
    std::string known;
    for (const auto& one : keys()) known.append(known.empty() ? "" : " ").append(one.name);
    fail(key, "unknown key; the keys are " + known);
  }

  std::string text(JsonView value) const {
    if (!value.is(Kind::string)) fail(value, std::string(name_) + " must be a string");
    return value.string();
  }

  // What the library refuses is told with its place.
  template <class Action>
  void checked(JsonView value, Action action) const {
    try {
      action();
    } catch (const std::invalid_argument& error) {
      fail(value, error.what());
    } catch (const std::system_error& error) {
      fail(value, error.what());
    }
  }

  void read_id(JsonView value) {
    id_ = text(value);
    if (id_->empty()) fail(value, std::string(name_) + " must not be empty");
  }
  void read_method(JsonView value) {
    checked(value, [&] { method_ = Request(text(value), "http://check/").method; });
  }
  void read_url(JsonView value) {
    std::string url = text(value);
    if (url.starts_with('/')) {
      if (syntax_.base_url.empty()) fail(value, "url is a path: --base-url says whose");
      url.insert(0, syntax_.base_url);
    }
    checked(value, [&] { url_.emplace(url); });
  }
  void read_headers(JsonView value) {
    if (!value.is(Kind::object)) fail(value, std::string(name_) + " must be an object");
    value.members([this](JsonView key, JsonView field) {
      const std::string name = key.string();
      if (field.is(Kind::null)) {
        unset_.push_back(name);
      } else if (field.is(Kind::array)) {
        field.elements([&](JsonView one) { add_header(name, one); });
      } else {
        if (syntax_.dialect == JobDialect::vegeta)  // which refuses it, too
          fail(field, "a header of vegeta is an array of strings");
        add_header(name, field);
      }
    });
  }
  void add_header(const std::string& name, JsonView value) {
    if (!value.is(Kind::string))
      fail(value, "a header is a string, an array of strings, or null to leave it out");
    if (detail::is_framing_field(name)) fail(value, name + " is made by redial, from the body");
    checked(value, [&] { headers_.add(name, value.string()); });
  }
  void set_body(JsonView value, Body body, std::string type = {}) {
    if (body_) fail(value, "more than one of body, json, form, body_base64 and body_file");
    body_ = std::move(body);
    type_ = std::move(type);
  }
  void read_body(JsonView value) { set_body(value, Body::bytes(text(value))); }
  void read_json(JsonView value) {
    set_body(value, Body::bytes(std::string(value.raw())), "application/json");
  }
  void read_json_or_null(JsonView value) {
    if (!value.is(Kind::null)) read_json(value);
  }
  void read_form(JsonView value) {
    if (!value.is(Kind::object)) fail(value, "form must be an object");
    Pairs pairs;
    value.members([&](JsonView key, JsonView field) {
      if (field.is(Kind::array)) {
        field.elements([&](JsonView one) { pairs.emplace_back(key.string(), form_value(one)); });
      } else {
        pairs.emplace_back(key.string(), form_value(field));
      }
    });
    set_body(value, Body::bytes(form_encode(pairs)), "application/x-www-form-urlencoded");
  }
  std::string form_value(JsonView value) const {
    if (value.is(Kind::string)) return value.string();
    if (value.is(Kind::number) || value.is(Kind::boolean)) return std::string(value.raw());
    fail(value, "a form field is a string, a number, a boolean, or an array of them");
  }
  void read_base64(JsonView value) {
    auto bytes = base64_decode(text(value));
    if (!bytes) fail(value, std::string(name_) + " is not base64 (RFC 4648 section 4, padded)");
    if (bytes->empty() && syntax_.dialect == JobDialect::vegeta) return;  // as vegeta writes none
    set_body(value, Body::bytes(*std::move(bytes)));
  }
  void read_file(JsonView value) {
    checked(value, [&] { set_body(value, Body::file(text(value))); });
  }
  void read_key(JsonView value) {
    key_ = trim_ows(text(value));
    if (detail::is_blank_key(*key_)) fail(value, "key must not be blank");
    checked(value, [&] { Headers().add("Idempotency-Key", *key_); });
  }
  void read_idempotent(JsonView value) {
    if (!value.is(Kind::boolean)) fail(value, "idempotent must be true or false");
    idempotent_ = value.boolean();
  }
  // A result is one line: line ends between tokens (there are none within) become spaces.
  void read_meta(JsonView value) {
    meta_ = value.raw();
    std::replace_if(
        meta_.begin(), meta_.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  }

  std::string_view text_;
  std::uint64_t line_;
  const JobSyntax& syntax_;
  std::string_view name_;
  std::uint32_t seen_ = 0;
  std::optional<std::string> id_, method_, key_;
  std::optional<Url> url_;
  std::optional<Body> body_;
  std::optional<bool> idempotent_;
  Headers headers_;
  std::vector<std::string> unset_;
  std::string type_, meta_;
};

constexpr std::array<JobReader::Key, 12> JobReader::k_ours{{
    {"id", &JobReader::read_id},
    {"method", &JobReader::read_method},
    {"url", &JobReader::read_url},
    {"headers", &JobReader::read_headers},
    {"body", &JobReader::read_body},
    {"json", &JobReader::read_json},
    {"form", &JobReader::read_form},
    {"body_base64", &JobReader::read_base64},
    {"body_file", &JobReader::read_file},
    {"key", &JobReader::read_key},
    {"idempotent", &JobReader::read_idempotent},
    {"meta", &JobReader::read_meta},
}};
constexpr std::array<JobReader::Key, 4> JobReader::k_openai{{
    {"custom_id", &JobReader::read_id},
    {"method", &JobReader::read_method},
    {"url", &JobReader::read_url},
    {"body", &JobReader::read_json_or_null},
}};
constexpr std::array<JobReader::Key, 4> JobReader::k_vegeta{{
    {"method", &JobReader::read_method},
    {"url", &JobReader::read_url},
    {"header", &JobReader::read_headers},
    {"body", &JobReader::read_base64},
}};

Job bare_url(std::string_view text, std::size_t begin, std::uint64_t line) {
  const std::string_view url = text.substr(begin, text.find_last_not_of(k_blank) + 1 - begin);
  if (url.starts_with('#'))
    throw JsonError(begin, "a line is a JSON object or a URL; there are no comments");
  std::string why;
  auto parsed = Url::try_parse(url, &why);
  if (!parsed) throw JsonError(begin, "neither a JSON object nor a URL: " + why);
  return {.line = line,
          .id = "L" + std::to_string(line),
          .request = Request("GET", *std::move(parsed)),
          .unset_headers = {},
          .key = std::nullopt,
          .idempotent = std::nullopt,
          .meta = {}};
}

}  // namespace

RunOptions::RunOptions(RequestOptions of_the_run) {
  for (const auto idempotent : {Idempotent::by_method, Idempotent::yes, Idempotent::no}) {
    for (const bool keyed : {true, false}) {
      RequestOptions options = of_the_run;
      if (idempotent != Idempotent::by_method) options.idempotent = idempotent;
      if (!keyed) options.idempotency_key.reset();
      variants_.push_back({idempotent, keyed, std::move(options)});
    }
  }
}

const RequestOptions& RunOptions::variant(Idempotent idempotent, bool keyed) const {
  return std::find_if(
             variants_.begin(), variants_.end(),
             [&](const Variant& one) { return one.idempotent == idempotent && one.keyed == keyed; })
      ->options;
}

JobCall RunOptions::call_of(Job&& job) const {
  Idempotent idempotent = Idempotent::by_method;
  if (job.idempotent) idempotent = *job.idempotent ? Idempotent::yes : Idempotent::no;
  const bool says_none = !job.key_is_literal && job.key == "none";
  const RequestOptions& shared = variant(idempotent, !says_none);
  JobCall call{.request = std::move(job.request),
               .options = {std::shared_ptr<const void>(), &shared}};  // lent
  if (!job.key_is_literal && job.key == "auto") {
    call.key = IdempotencyKey::automatic();
  } else if (job.key && !says_none) {
    call.key = IdempotencyKey(*std::move(job.key));
  }
  const auto asked_for = [&call](const auto& name) { return call.request.headers.contains(name); };
  const auto& unset = shared.unset_headers;
  const auto is_cookie = [](const auto& name) { return iequals(name, "Cookie"); };
  const bool own_cookies = !shared.cookies.empty() &&
                           (asked_for("Cookie") || std::any_of(job.unset_headers.begin(),
                                                               job.unset_headers.end(), is_cookie));
  if (job.unset_headers.empty() && !own_cookies &&
      std::none_of(unset.begin(), unset.end(), asked_for))
    return call;
  auto own = std::make_shared<RequestOptions>(shared);
  if (own_cookies) own->cookies.clear();
  std::erase_if(own->unset_headers, asked_for);
  own->unset_headers.insert(own->unset_headers.end(), job.unset_headers.begin(),
                            job.unset_headers.end());
  call.options = std::move(own);
  return call;
}

bool is_blank(std::string_view text) noexcept {
  return text.find_first_not_of(k_blank) == std::string_view::npos;
}

Job parse_job(std::string_view text, std::uint64_t line, const JobSyntax& syntax) {
  const std::size_t begin = text.find_first_not_of(k_blank);
  if (begin == std::string_view::npos) throw JsonError(0, "an empty line");
  const char first = text[begin];
  const bool json = first == '{' || first == '[' || first == '"';
  if (json || syntax.dialect != JobDialect::ours) return JobReader(text, line, syntax).read();
  return bare_url(text, begin, line);
}

}  // namespace redial::cli
