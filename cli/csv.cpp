#include "csv.hpp"

#include <algorithm>

#include "json_view.hpp"

namespace redial::cli {
namespace {

// The field that begins at `at`, which is its opening quote; `at` ends behind the closing one.
std::string quoted_field(std::string_view record, std::size_t& at) {
  const std::size_t opened = at++;
  std::string field;
  for (;;) {
    const std::size_t quote = record.find('"', at);
    if (quote == std::string_view::npos) throw JsonError(opened, "a quote that is not closed");
    field.append(record.substr(at, quote - at));
    at = quote + 1;
    if (at == record.size() || record[at] != '"') return field;
    field += '"';
    ++at;
  }
}

}  // namespace

std::vector<std::string> parse_csv(std::string_view record) {
  std::vector<std::string> fields;
  for (std::size_t at = 0;; ++at) {
    if (at < record.size() && record[at] == '"') {
      fields.push_back(quoted_field(record, at));
      if (at < record.size() && record[at] != ',')
        throw JsonError(at, "expected a comma after a closing quote");
    } else {
      const std::size_t end = std::min(record.find(',', at), record.size());
      const std::size_t quote = record.find('"', at);
      if (quote < end)
        throw JsonError(quote, "a quote inside a field that does not begin with one");
      fields.emplace_back(record.substr(at, end - at));
      at = end;
    }
    if (at == record.size()) return fields;
  }
}

}  // namespace redial::cli
