#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace redial::cli {

class JsonView;

/// A job (docs/run.md) with `{{column}}` in its strings, to be filled from the records of a table.
///
/// A value stays a string, whatever it holds. In `url` it is percent-encoded, so that it can be a
/// segment or a query value and nothing else; a `url` that is nothing but one column holds whole
/// URLs. A string that is exactly `{{json:column}}` is replaced by the column's JSON. There is no
/// way to write `{{` itself. Thread safety: a value.
class JobTemplate {
 public:
  /// Throws JsonError with the byte: no JSON object, a `{{` without its end, a column in a key.
  explicit JobTemplate(std::string_view text);

  /// What the fields of the records to come are called. Throws JsonError naming the column: one
  /// that the template asks for and that is not there, a name that is empty or there twice.
  void bind(std::vector<std::string> columns);
  bool is_bound() const noexcept { return !columns_.empty(); }

  /// The job of a record. Throws JsonError naming the column: a field too few or too many, one
  /// that is no UTF-8 or no JSON, one that would change the path of the URL.
  std::string fill(const std::vector<std::string>& fields) const;

 private:
  enum class As : std::uint8_t { text, string, json, path, query };
  struct Piece {
    As as = As::text;
    std::string text = {};   // of the job, or a column's name
    std::size_t column = 0;  // its place
    std::size_t offset = 0;  // in the template
  };

  void read(JsonView value, bool is_url);
  void read_string(JsonView value, bool is_url);
  void append(std::string_view text);
  void fill_piece(std::string& job, const Piece& piece, const std::string& field) const;

  std::string_view source_;  // while it is read
  int depth_ = 0;
  std::vector<Piece> pieces_;
  std::vector<std::string> columns_;
};

}  // namespace redial::cli
