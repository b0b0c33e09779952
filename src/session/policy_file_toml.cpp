// The one file that knows TOML. Reading goes on after an error, so that a file's errors come
// together; only what breaks TOML itself ends it, because nothing after that has a meaning.

#include <algorithm>
#include <array>
#include <initializer_list>
#include <limits>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

// A policy is three tables deep; deep nesting would only cost stack.
#define TOML_MAX_NESTED_VALUES 16
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "session/nearest.hpp"
#include "session/policy_file_content.hpp"
#include "session/policy_values.hpp"

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

using Position = PolicyFile::Position;

constexpr std::size_t k_longest_line = 1024;

struct Place {
  int line = 1;
  int column = 1;
};

Place place_of(const toml::source_region& source) {
  return {.line = std::max(1, static_cast<int>(source.begin.line)),
          .column = std::max(1, static_cast<int>(source.begin.column))};
}

std::string_view kind_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "a boolean";
    default:
      return "a date or time";
  }
}

// What is wrong, gathered; knows which policy is being read.
class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}

  void add(Place at, std::string field, std::string message, std::string instead = {}) {
    findings_.push_back({.severity = Finding::Severity::error,
                         .point = ChecklistPoint::syntax,
                         .policy = policy,
                         .field = std::move(field),
                         .message = std::move(message),
                         .instead = std::move(instead),
                         .file = file_,
                         .line = at.line,
                         .column = at.column});
  }

  std::vector<Finding> sorted() {
    std::stable_sort(findings_.begin(), findings_.end(), [](const Finding& a, const Finding& b) {
      return std::tie(a.line, a.column) < std::tie(b.line, b.column);
    });
    return std::move(findings_);
  }
  std::size_t size() const { return findings_.size(); }

  std::string policy;

 private:
  std::string file_;
  std::vector<Finding> findings_;
};

// --- values ------------------------------------------------------------------------------------

// One value of a field, about to be read into the type that the C++ field has.
struct Value {
  const toml::node& node;
  const std::string& field;
  Problems& problems;

  void refuse(std::string message, std::string instead = {}) const {
    problems.add(place_of(node.source()), field, std::move(message), std::move(instead));
  }
  void refuse_kind(std::string_view wanted, std::string instead = {}) const {
    refuse("is " + std::string(kind_of(node)) + ", must be " + std::string(wanted),
           std::move(instead));
  }
  std::optional<std::string> text() const { return node.value_exact<std::string>(); }
  /// Each element of an array, or the value itself.
  template <class Action>
  void each(Action action) const {
    if (const auto* const array = node.as_array()) {
      for (const auto& element : *array) action(Value{element, field, problems});
    } else {
      action(*this);
    }
  }
};

std::string in_quotes(std::string_view text) {
  return "\"" + printable(text) + "\"";
}

void read(const Value& value, bool& out) {
  if (const auto given = value.node.value_exact<bool>()) {
    out = *given;
  } else {
    value.refuse_kind("true or false");
  }
}

void read(const Value& value, std::string& out) {
  auto given = value.text();
  if (!given) return value.refuse_kind("a string");
  if (given->find('\0') != std::string::npos) return value.refuse("holds a NUL");
  out = *std::move(given);
}

void read(const Value& value, std::size_t& out) {
  const auto given = value.node.value_exact<std::int64_t>();
  if (!given) return value.refuse_kind("an integer");
  if (*given < 0 || *given > 1'000'000)
    return value.refuse("must be between 0 and 1000000, is " + std::to_string(*given));
  out = static_cast<std::size_t>(*given);
}

void read(const Value& value, Count& out) {
  constexpr int most = std::numeric_limits<int>::max();
  if (const auto given = value.node.value_exact<std::int64_t>()) {
    if (*given < 0) {
      value.refuse("must not be negative, is " + std::to_string(*given), "0, or \"unlimited\"");
    } else if (*given > most) {
      value.refuse("is too large", "\"unlimited\"");
    } else {
      out = static_cast<int>(*given);
    }
    return;
  }
  const auto word = value.text();
  if (!word) return value.refuse_kind("a count", "a whole number, \"unlimited\" or \"off\"");
  if (*word == "unlimited") {
    out = Count::unlimited();
  } else if (*word == "off") {
    out = Count::off();
  } else if (parse_duration(*word)) {
    value.refuse(in_quotes(*word) + " is a duration, and this counts retries",
                 "a whole number; limits in time stand in `timeouts`");
  } else {
    value.refuse(in_quotes(*word) + " is not a count", "a whole number, \"unlimited\" or \"off\"");
  }
}

enum class MayBe : std::uint8_t { finite, unlimited };

void read_duration(const Value& value, Duration& out, MayBe may_be) {
  const auto text = value.text();
  if (!text) {
    if (const auto number = value.node.value<std::int64_t>();
        number && value.node.is_integer() && *number >= 0) {
      return value.refuse("a duration needs its unit", "\"" + std::to_string(*number) +
                                                           "s\" or \"" + std::to_string(*number) +
                                                           "ms\" (units: ms, s, m, h)");
    }
    return value.refuse_kind("a duration", "a string such as \"250ms\", \"10s\", \"1m30s\"");
  }
  if (*text == "unlimited") {
    if (may_be == MayBe::unlimited) {
      out = k_unlimited;
    } else {
      value.refuse("cannot be unlimited", "a duration such as \"20s\"");
    }
    return;
  }
  if (const auto span = parse_duration(*text)) {
    out = *span;
    return;
  }
  value.refuse(in_quotes(*text) + " is not a duration",
               "a number with its unit (ms, s, m, h), such as \"250ms\", \"10s\", \"1m30s\"" +
                   std::string(may_be == MayBe::unlimited ? ", or \"unlimited\"" : ""));
}

void read(const Value& value, Duration& out) {
  read_duration(value, out, MayBe::finite);
}
void read(const Value& value, std::optional<Duration>& out) {
  Duration span{};
  const std::size_t before = value.problems.size();
  read_duration(value, span, MayBe::finite);
  if (value.problems.size() == before) out = span;
}

void read(const Value& value, Jitter& out) {
  constexpr std::string_view kinds =
      R"x("none", "full", "equal", "decorrelated", "additive(250ms)" or "within_cap(250ms)")x";
  const auto text = value.text();
  if (!text) return value.refuse_kind("a kind of jitter", std::string(kinds));
  if (const auto jitter = parse_jitter(*text)) {
    out = *jitter;
    return;
  }
  value.refuse(in_quotes(*text) + " is not a kind of jitter", std::string(kinds));
}

void read(const Value& value, Statuses& out) {
  constexpr std::string_view form = R"(numbers and ranges, such as [429, "500-504"])";
  Statuses statuses;
  value.each([&](const Value& element) {
    if (const auto code = element.node.value_exact<std::int64_t>()) {
      if (*code >= 100 && *code <= 599) return statuses.add(static_cast<int>(*code));
      return element.refuse("a status is between 100 and 599, not " + std::to_string(*code));
    }
    const auto text = element.text();
    if (!text) return element.refuse_kind("a status", std::string(form));
    const auto range = parse_statuses(*text);
    if (!range) {
      return element.refuse(in_quotes(*text) + " is not a status or a range of them within 100-599",
                            std::string(form));
    }
    for (const int code : range->codes()) statuses.add(code);
  });
  out = statuses;
}

void read(const Value& value, Methods& out) {
  if (value.text() == "any") {
    out = Methods::any();
    return;
  }
  Methods methods;
  if (!value.node.is_array())
    return value.refuse_kind("an array of methods, or \"any\"", R"(["GET", "PUT"])");
  value.each([&](const Value& element) {
    const auto text = element.text();
    if (!text) return element.refuse_kind("a method", R"(a string such as "GET")");
    if (*text == "any") return element.refuse("\"any\" stands alone, not in an array", "= \"any\"");
    if (!is_token(*text)) return element.refuse(in_quotes(*text) + " is not a method");
    methods.add(*text);
  });
  out = methods;
}

void read(const Value& value, std::vector<std::string>& out) {
  if (!value.node.is_array()) return value.refuse_kind("an array of strings");
  std::vector<std::string> names;
  value.each([&](const Value& element) {
    auto text = element.text();
    if (!text) return element.refuse_kind("a string");
    if (!is_token(*text)) return element.refuse(in_quotes(*text) + " is not a header's name");
    names.push_back(*std::move(text));
  });
  out = std::move(names);
}

// --- fields ------------------------------------------------------------------------------------

struct Field {
  std::string_view name;
  void (*read_into)(const Value& value, Adapter& adapter);
};

Retry& part(Adapter& adapter, const Retry*) {
  return adapter.max_retries;
}
TlsOptions& part(Adapter& adapter, const TlsOptions*) {
  return adapter.tls;
}
PoolOptions& part(Adapter& adapter, const PoolOptions*) {
  if (!adapter.pool) adapter.pool.emplace();
  return *adapter.pool;
}

template <class Owner, class Type>
Owner owner_of(Type Owner::*);

template <auto Member>
void into(const Value& value, Adapter& adapter) {
  using Owner = decltype(owner_of(Member));
  read(value, part(adapter, static_cast<const Owner*>(nullptr)).*Member);
}

// Limits may be switched off, and never be zero.
void read_limit(const Value& value, Duration& out) {
  Duration span{};
  const std::size_t before = value.problems.size();
  read_duration(value, span, MayBe::unlimited);
  if (value.problems.size() != before) return;
  if (span <= Duration::zero())
    return value.refuse("must be positive", "\"unlimited\" switches a limit off");
  out = span;
}
template <auto Member>
void limit(const Value& value, Adapter& adapter) {
  read_limit(value, adapter.timeouts.*Member);
}
void deadline(const Value& value, Adapter& adapter) {
  Duration span = adapter.timeouts.deadline.value_or(k_default_deadline);
  read_limit(value, span);
  adapter.timeouts.deadline = span;
}

// Declared in the order of the C++ fields. A test compares the lists with the structs.
constexpr std::array k_retry_fields{
    Field{"total", into<&Retry::total>},
    Field{"connect", into<&Retry::connect>},
    Field{"read", into<&Retry::read>},
    Field{"redirect", into<&Retry::redirect>},
    Field{"status", into<&Retry::status>},
    Field{"other", into<&Retry::other>},
    Field{"body", into<&Retry::body>},
    Field{"backoff_factor", into<&Retry::backoff_factor>},
    Field{"backoff_max", into<&Retry::backoff_max>},
    Field{"backoff_jitter", into<&Retry::backoff_jitter>},
    Field{"status_forcelist", into<&Retry::status_forcelist>},
    Field{"allowed_methods", into<&Retry::allowed_methods>},
    Field{"respect_retry_after_header", into<&Retry::respect_retry_after_header>},
    Field{"retry_after_max", into<&Retry::retry_after_max>},
    Field{"raise_on_status", into<&Retry::raise_on_status>},
    Field{"raise_on_redirect", into<&Retry::raise_on_redirect>},
    Field{"remove_headers_on_redirect", into<&Retry::remove_headers_on_redirect>},
    Field{"not_processed", into<&Retry::not_processed>},
    Field{"retry_after_statuses", into<&Retry::retry_after_statuses>},
    Field{"first_wait_free", into<&Retry::first_wait_free>},
    Field{"hint_replaces_backoff", into<&Retry::hint_replaces_backoff>},
    Field{"cut_long_hints", into<&Retry::cut_long_hints>},
    Field{"redirects_spend_total", into<&Retry::redirects_spend_total>},
    Field{"redirects_keep_post", into<&Retry::redirects_keep_post>},
    Field{"allow_insecure_redirects", into<&Retry::allow_insecure_redirects>},
};
constexpr std::array k_timeout_fields{
    Field{"connect", limit<&Timeouts::connect>},
    Field{"attempt", limit<&Timeouts::attempt>},
    Field{"idle", limit<&Timeouts::idle>},
    Field{"deadline", deadline},
};
constexpr std::array k_tls_fields{
    Field{"verify", into<&TlsOptions::verify>},
    Field{"ca_file", into<&TlsOptions::ca_file>},
    Field{"cert_file", into<&TlsOptions::cert_file>},
    Field{"key_file", into<&TlsOptions::key_file>},
};
constexpr std::array k_pool_fields{
    Field{"idle_per_origin", into<&PoolOptions::idle_per_origin>},
    Field{"idle_total", into<&PoolOptions::idle_total>},
    Field{"idle_timeout", into<&PoolOptions::idle_timeout>},
    Field{"lifetime", into<&PoolOptions::lifetime>},
};

struct Fields {
  const Field* first;
  std::size_t count;
  const Field* begin() const { return first; }
  const Field* end() const { return first + count; }

  const Field* find(std::string_view name) const {
    const auto* const at =
        std::find_if(begin(), end(), [&](const Field& field) { return field.name == name; });
    return at == end() ? nullptr : at;
  }
};

struct Group {
  std::string_view name;
  Fields fields;
};
// The policy itself, then its tables.
constexpr std::array k_groups{
    Group{"", {k_retry_fields.data(), k_retry_fields.size()}},
    Group{"timeouts", {k_timeout_fields.data(), k_timeout_fields.size()}},
    Group{"tls", {k_tls_fields.data(), k_tls_fields.size()}},
    Group{"pool", {k_pool_fields.data(), k_pool_fields.size()}},
};

// Guards come with a later version; their names are kept free for them.
constexpr std::array<std::string_view, 6> k_reserved{"rate",    "burst",       "budget",
                                                     "breaker", "concurrency", "hedge"};

struct Elsewhere {
  std::string_view typed;
  std::string_view instead;
};
constexpr std::array k_elsewhere{
    Elsewhere{"max_retries", "the fields of Retry in the policy itself, such as total = 3"},
    Elsewhere{"retry", "the fields of Retry in the policy itself, such as total = 3"},
    Elsewhere{"retries", "total"},
    Elsewhere{"attempts", "total, which counts retries: one fewer than attempts"},
    Elsewhere{"max_attempts", "total, which counts retries: one fewer than attempts"},
    Elsewhere{"timeout", "timeouts.attempt, or timeouts.deadline for the whole call"},
    Elsewhere{"connect_timeout", "timeouts.connect"},
    Elsewhere{"max_time", "timeouts.deadline"},
    Elsewhere{"jitter", "backoff_jitter"},
    Elsewhere{"methods", "allowed_methods"},
    Elsewhere{"statuses", "status_forcelist"},
    Elsewhere{"transport", "the transport in code: Adapter::transport"},
    Elsewhere{"guard", "the guard in code: Adapter::guard"},
    Elsewhere{"idempotent", "the method in allowed_methods, or RequestOptions::idempotent in code"},
    Elsewhere{"idempotency_key",
              "it with the request: RequestOptions::idempotency_key, or --idempotency-key"},
};

std::string full_name(std::string_view group, std::string_view field) {
  return group.empty() ? std::string(field) : std::string(group) + "." + std::string(field);
}

// --- the file ----------------------------------------------------------------------------------

class FileReader {
 public:
  explicit FileReader(PolicyFileContent& content) : content_(content), problems_(content.name) {}

  std::vector<Finding> run(const toml::table& root) {
    for (const auto& [key, node] : root) {
      if (key.str() == "policies") {
        policies_ = table(node, "policies", "[policies.NAME] tables");
      } else if (key.str() == "routes") {
        routes_ = &node;
      } else if (key.str() == "default") {
        default_ = &node;
      } else {
        refuse_key(key, "", {"policies", "routes", "default"});
      }
    }
    if (policies_ != nullptr) read_policies();
    if (default_ != nullptr) content_.fallback = named_policy(*default_, "default");
    if (routes_ != nullptr) read_routes();
    return problems_.sorted();
  }

 private:
  enum class Progress : std::uint8_t { under_way, done };

  const toml::table* table(const toml::node& node, std::string field, std::string_view wanted) {
    if (const auto* const found = node.as_table()) return found;
    problems_.add(place_of(node.source()), std::move(field),
                  "is " + std::string(kind_of(node)) + ", must be " + std::string(wanted));
    return nullptr;
  }

  void refuse_key(const toml::key& key, std::string_view group,
                  const std::vector<std::string_view>& known) {
    const std::string meant = nearest(key.str(), known);
    problems_.add(place_of(key.source()), full_name(group, printable(key.str())),
                  "there is no such field" + did_you_mean(full_name(group, meant), meant));
  }

  static std::string did_you_mean(const std::string& shown, const std::string& meant) {
    return meant.empty() ? std::string() : "; did you mean " + shown + "?";
  }

  void read_policies() {
    for (const auto& [key, node] : *policies_) resolve(key);
  }

  // Reads a policy after the one that it inherits. Returns null when there is none to be had.
  const PolicyFileContent::Named* resolve(const toml::key& key) {
    const std::string name(key.str());
    if (const auto known = progress_.find(name); known != progress_.end())
      return known->second == Progress::done ? &content_.policies.find(name)->second : nullptr;
    progress_[name] = Progress::under_way;
    PolicyFileContent::Named policy;
    const std::string reader = std::exchange(problems_.policy, printable(name));
    const Place at = place_of(key.source());
    if (name.empty() || name.find('#') != std::string::npos || printable(name) != name)
      problems_.add(at, "", "a policy's name is printable ASCII, not empty, and has no #");
    if (name == k_urllib3)
      problems_.add(at, "", "this name is taken by the built-in preset", "another name");
    const auto* const fields = table(policies_->find(name)->second, "", "a table");
    if (fields != nullptr) {
      inherit(*fields, policy);
      policy.places[""] = {.line = at.line, .column = at.column, .policy = name};
      read_policy(*fields, name, policy);
    }
    problems_.policy = reader;
    progress_[name] = Progress::done;
    return &content_.policies.insert_or_assign(name, std::move(policy)).first->second;
  }

  void inherit(const toml::table& fields, PolicyFileContent::Named& policy) {
    const auto base = fields.find("inherits");
    if (base == fields.end()) return;
    const auto name = base->second.value_exact<std::string>();
    const Place at = place_of(base->second.source());
    if (!name) {
      return problems_.add(
          at, "inherits", "is " + std::string(kind_of(base->second)) + ", must be a policy's name");
    }
    const auto found = policies_->find(*name);
    if (found == policies_->end()) {
      if (*name == k_urllib3) {
        policy.adapter.max_retries = Retry::urllib3();
        for (const auto& field : k_retry_fields) {
          policy.places[std::string(field.name)] = {
              .line = at.line, .column = at.column, .policy = problems_.policy};
        }
        return;
      }
      return refuse_name(at, "inherits", *name);
    }
    if (const auto* const parent = resolve(found->first)) {
      policy = *parent;
    } else {
      problems_.add(at, "inherits",
                    *name == problems_.policy ? "a policy cannot inherit itself"
                                              : in_quotes(*name) + " inherits this one: a cycle");
    }
  }

  void read_policy(const toml::table& table_of_policy, const std::string& name,
                   PolicyFileContent::Named& policy) {
    const std::size_t before = problems_.size();
    own_.clear();
    for (const auto& [key, node] : table_of_policy) {
      if (key.str() == "inherits") continue;
      const auto* const group = group_of(key.str());
      if (group == nullptr) {
        read_field(key, node, k_groups.front(), name, policy);
        continue;
      }
      note(key, group->name, name, policy);
      if (const auto* const fields = table(node, std::string(group->name), "a table")) {
        for (const auto& [inner, value] : *fields) read_field(inner, value, *group, name, policy);
      }
    }
    check_contradictions(policy);
    if (problems_.size() != before) return;
    try {  // whatever else the library would refuse later
      validate(policy.adapter.max_retries);
      validate(policy.adapter.timeouts);
    } catch (const std::invalid_argument& error) {
      const auto& itself = policy.places.find("")->second;
      problems_.add({.line = itself.line, .column = itself.column}, "", error.what());
    }
  }

  static const Group* group_of(std::string_view name) {
    for (const auto& group : k_groups) {
      if (!group.name.empty() && group.name == name) return &group;
    }
    return nullptr;
  }

  void note(const toml::key& key, std::string_view field, const std::string& name,
            PolicyFileContent::Named& policy) {
    const Place at = place_of(key.source());
    policy.places[std::string(field)] = {.line = at.line, .column = at.column, .policy = name};
  }

  void read_field(const toml::key& key, const toml::node& node, const Group& group,
                  const std::string& name, PolicyFileContent::Named& policy) {
    const Field* const field = group.fields.find(key.str());
    if (field == nullptr) return refuse_field(key, group);
    const std::string full = full_name(group.name, field->name);
    note(key, full, name, policy);
    const std::size_t before = problems_.size();
    field->read_into(Value{node, full, problems_}, policy.adapter);
    if (problems_.size() == before) own_.insert(full);
  }

  // The field is not known here: say where it belongs, what takes its place, or what it resembles.
  void refuse_field(const toml::key& key, const Group& group) {
    const std::string_view typed = key.str();
    const std::string full = full_name(group.name, printable(typed));
    const Place at = place_of(key.source());
    if (std::find(k_reserved.begin(), k_reserved.end(), typed) != k_reserved.end())
      return problems_.add(at, full, "guards are not in this version");
    for (const auto& other : k_groups) {
      if (other.fields.find(typed) == nullptr) continue;
      return problems_.add(at, full, "there is no such field here",
                           other.name.empty() ? std::string(typed) + " in the policy itself"
                                              : full_name(other.name, typed));
    }
    for (const auto& elsewhere : k_elsewhere) {
      if (elsewhere.typed == typed)
        return problems_.add(at, full, "there is no such field", std::string(elsewhere.instead));
    }
    std::vector<std::string_view> known;
    for (const auto& field : group.fields) known.push_back(field.name);
    if (group.name.empty()) known.insert(known.end(), {"inherits", "timeouts", "tls", "pool"});
    refuse_key(key, group.name, known);
  }

  bool says(std::string_view field) const { return own_.find(field) != own_.end(); }

  void contradict(const PolicyFileContent::Named& policy, std::string field, std::string message,
                  std::string instead = {}) {
    const auto& place = policy.places.find(field)->second;
    problems_.add({.line = place.line, .column = place.column}, std::move(field),
                  std::move(message), std::move(instead));
  }

  void check_contradictions(const PolicyFileContent::Named& policy) {
    const Retry& retry = policy.adapter.max_retries;
    const TlsOptions& tls = policy.adapter.tls;
    if (retry.backoff_max && *retry.backoff_max < retry.backoff_factor &&
        (says("backoff_max") || says("backoff_factor"))) {
      contradict(policy, says("backoff_max") ? "backoff_max" : "backoff_factor",
                 "backoff_max, " + duration_text(*retry.backoff_max) +
                     ", is below backoff_factor, " + duration_text(retry.backoff_factor) +
                     ": every wait would be cut to it",
                 "backoff_max at or above the factor");
    }
    if (!tls.key_file.empty() && tls.cert_file.empty() && says("tls.key_file"))
      contradict(policy, "tls.key_file", "needs tls.cert_file", "both, or neither");
    if (!tls.verify && says("tls.verify") && says("tls.ca_file")) {
      contradict(policy, "tls.ca_file", "has no meaning when tls.verify is false",
                 "only one of the two");
    }
    if (!retry.respect_retry_after_header && says("respect_retry_after_header")) {
      for (const char* const field :
           {"retry_after_max", "retry_after_statuses", "hint_replaces_backoff", "cut_long_hints"}) {
        if (says(field)) {
          contradict(policy, field, "has no meaning when respect_retry_after_header is false",
                     "only one of the two");
        }
      }
    }
    if (says("total") && (retry.total == Count(0) || retry.total.is_off())) {
      for (const char* const field : {"connect", "read", "status", "other", "body"}) {
        if (says(field) && counts_something(retry, field))
          contradict(policy, field, "cannot be reached: total allows no retry",
                     "a total that is larger");
      }
    }
  }

  static bool counts_something(const Retry& retry, std::string_view field) {
    const Count count = field == "connect"  ? retry.connect
                        : field == "read"   ? retry.read
                        : field == "status" ? retry.status
                        : field == "other"  ? retry.other
                                            : retry.body;
    return count.is_number() && count.number() > 0;
  }

  void refuse_name(Place at, std::string field, std::string_view name) {
    std::vector<std::string_view> known;
    if (policies_ != nullptr) {
      for (const auto& [key, node] : *policies_) known.push_back(key.str());
    }
    const std::string meant = nearest(name, known);
    problems_.add(at, std::move(field),
                  "there is no policy " + in_quotes(name) + did_you_mean(meant, meant));
  }

  // The name of a policy that exists, or empty after saying what is wrong.
  std::string named_policy(const toml::node& node, std::string field) {
    const Place at = place_of(node.source());
    const auto name = node.value_exact<std::string>();
    if (!name) {
      problems_.add(at, std::move(field),
                    "is " + std::string(kind_of(node)) + ", must be a policy's name");
      return {};
    }
    if (content_.policies.find(*name) != content_.policies.end()) return *name;
    refuse_name(at, std::move(field), *name);
    return {};
  }

  void read_routes() {
    const auto* const array = routes_->as_array();
    if (array == nullptr) {
      return problems_.add(place_of(routes_->source()), "routes",
                           "is " + std::string(kind_of(*routes_)) + ", must be [[routes]] tables");
    }
    for (const auto& node : *array) {
      if (const auto* const route = table(node, "routes", "a table with match and policy"))
        read_route(*route);
    }
    std::stable_sort(content_.by_prefix.begin(), content_.by_prefix.end(),
                     [](const auto& a, const auto& b) {
                       return a.prefix.specificity() > b.prefix.specificity();
                     });
  }

  void read_route(const toml::table& table_of_route) {
    const Place at = place_of(table_of_route.source());
    PolicyRoute route{.match = {}, .policy = {}, .line = at.line};
    std::optional<UrlPrefix> prefix;
    for (const auto& [key, node] : table_of_route) {
      if (key.str() == "policy") {
        route.policy = named_policy(node, "routes.policy");
      } else if (key.str() == "match") {
        prefix = read_match(node, route);
      } else {
        refuse_key(key, "routes", {"match", "policy"});
      }
    }
    for (const char* const needed : {"match", "policy"}) {
      if (!table_of_route.contains(needed))
        problems_.add(at, std::string("routes.") + needed, "is missing");
    }
    if (!prefix || route.policy.empty()) return;
    content_.by_prefix.push_back({*std::move(prefix), content_.routes.size()});
    content_.routes.push_back(std::move(route));
  }

  std::optional<UrlPrefix> read_match(const toml::node& node, PolicyRoute& route) {
    const Place at = place_of(node.source());
    const auto text = node.value_exact<std::string>();
    if (!text) {
      problems_.add(at, "routes.match", "is " + std::string(kind_of(node)) + ", must be a string");
      return std::nullopt;
    }
    route.match = *text;
    try {
      UrlPrefix prefix(*text);
      for (const auto& [known, line] : matches_) {
        if (!(known == prefix)) continue;
        problems_.add(at, "routes.match",
                      "the route of line " + std::to_string(line) + " has the same prefix",
                      "one route for it");
        return std::nullopt;
      }
      matches_.emplace_back(prefix, at.line);
      return prefix;
    } catch (const std::invalid_argument& error) {
      problems_.add(at, "routes.match", error.what(),
                    "a scheme, an origin, or an origin and the beginning of a path: "
                    "\"https://api.example.com/v1/\"");
      return std::nullopt;
    }
  }

  static constexpr std::string_view k_urllib3 = "urllib3";

  PolicyFileContent& content_;
  Problems problems_;
  const toml::table* policies_ = nullptr;
  const toml::node* routes_ = nullptr;
  const toml::node* default_ = nullptr;
  std::map<std::string, Progress, std::less<>> progress_;
  std::set<std::string, std::less<>> own_;  // what the policy being read sets itself, and validly
  std::vector<std::pair<UrlPrefix, int>> matches_;
};

// Long lines hold the only way to nest without end: dotted keys.
std::optional<int> overlong_line(std::string_view text) {
  for (int line = 1; !text.empty(); ++line) {
    const auto end = text.find('\n');
    if (std::min(end, text.size()) > k_longest_line) return line;
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return std::nullopt;
}

}  // namespace

std::vector<Finding> read_policy_file(std::string_view text, PolicyFileContent& content) {
  Problems broken(content.name);
  if (const auto line = overlong_line(text)) {
    broken.add({.line = *line}, "", "the line is longer than 1024 bytes");
    return broken.sorted();
  }
  try {
    const toml::table root = toml::parse(text);
    return FileReader(content).run(root);
  } catch (const toml::parse_error& error) {
    broken.add(place_of(error.source()), "", "not TOML: " + std::string(error.description()));
    return broken.sorted();
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
