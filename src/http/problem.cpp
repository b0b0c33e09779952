#include <redial/http/problem.hpp>

#include <cstdint>

#include <nlohmann/json.hpp>

#include <redial/http/headers.hpp>
#include <redial/http/text.hpp>

namespace redial {
inline namespace v0 {
namespace {

constexpr std::size_t k_most_bytes = 64 * 1024;
constexpr int k_deepest = 32;

// Nesting costs stack when a value is built: what is deeper than any problem is none.
bool is_shallow(std::string_view text) {
  int depth = 0;
  for (const char c : text) {
    if ((c == '{' || c == '[') && ++depth > k_deepest) return false;
    if (c == '}' || c == ']') --depth;
  }
  return true;
}

}  // namespace

std::optional<Problem> parse_problem(std::string_view body) {
  if (body.size() > k_most_bytes || !is_shallow(body)) return std::nullopt;
  const auto json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  Problem problem;
  const auto text = [&](const char* name, std::string& into) {
    const auto found = json.find(name);
    if (found != json.end() && found->is_string()) into = found->get_ref<const std::string&>();
  };
  text("type", problem.type);
  text("title", problem.title);
  text("detail", problem.detail);
  text("instance", problem.instance);
  const auto status = json.find("status");
  if (status != json.end() && status->is_number_integer()) {
    const auto value = status->get<std::int64_t>();
    if (value >= 100 && value <= 599) problem.status = static_cast<int>(value);
  }
  return problem;
}

bool is_problem(const Headers& headers) {
  const auto type = headers.get("Content-Type");
  if (!type) return false;
  return iequals(trim_ows(type->substr(0, type->find(';'))), "application/problem+json");
}

}  // namespace v0
}  // namespace redial
