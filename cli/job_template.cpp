#include "job_template.hpp"

#include <algorithm>
#include <utility>

#include <redial/http/text.hpp>

#include "json_view.hpp"

namespace redial::cli {
namespace {

using Kind = JsonView::Kind;

constexpr int k_deepest = 100;
constexpr std::string_view k_json = "json:";

// As in a JSON string, without its quotes.
std::string escaped(std::string_view text) {
  std::string json;
  append_json(json, text);
  return json.substr(1, json.size() - 2);
}

std::string names_of(const std::vector<std::string>& columns) {
  std::string names;
  for (const auto& name : columns) names.append(names.empty() ? "" : ", ").append(name);
  return printable(names);
}

}  // namespace

JobTemplate::JobTemplate(std::string_view text) : source_(text) {
  const JsonView job = JsonView::parse(text);
  if (!job.is(Kind::object)) throw JsonError(0, "a template is a job: a JSON object");
  read(job, false);
  source_ = {};
}

void JobTemplate::append(std::string_view text) {
  if (pieces_.empty() || pieces_.back().as != As::text) pieces_.emplace_back();
  pieces_.back().text += text;
}

void JobTemplate::read(JsonView value, bool is_url) {
  const auto offset = static_cast<std::size_t>(value.raw().data() - source_.data());
  if (++depth_ > k_deepest) throw JsonError(offset, "nested too deeply");
  const bool top = depth_ == 1;
  const char* between = "";
  if (value.is(Kind::object)) {
    append("{");
    value.members([&](JsonView key, JsonView member) {
      if (key.string().find("{{") != std::string::npos) {
        throw JsonError(static_cast<std::size_t>(key.raw().data() - source_.data()),
                        "a column may stand in values only");
      }
      append(std::exchange(between, ","));
      append(key.raw());
      append(":");
      read(member, top && key.string() == "url");
    });
    append("}");
  } else if (value.is(Kind::array)) {
    append("[");
    value.elements([&](JsonView element) {
      append(std::exchange(between, ","));
      read(element, false);
    });
    append("]");
  } else if (value.is(Kind::string)) {
    read_string(value, is_url);
  } else {
    append(value.raw());
  }
  --depth_;
}

void JobTemplate::read_string(JsonView value, bool is_url) {
  const auto offset = static_cast<std::size_t>(value.raw().data() - source_.data());
  const std::string all = value.string();
  std::string_view left = all;
  bool in_query = false;
  append("\"");
  while (!left.empty()) {
    const std::size_t begin = std::min(left.find("{{"), left.size());
    append(escaped(left.substr(0, begin)));
    in_query = in_query || left.substr(0, begin).find('?') != std::string_view::npos;
    left.remove_prefix(begin);
    if (left.empty()) break;
    const std::size_t end = left.find("}}");
    if (end == std::string_view::npos) throw JsonError(offset, "{{ without }}");
    std::string_view name = left.substr(2, end - 2);
    const bool alone = end + 2 == all.size();
    Piece piece{.as = !is_url || alone ? As::string
                      : in_query       ? As::query
                                       : As::path,
                .offset = offset};
    if (name.starts_with(k_json)) {
      if (!alone) throw JsonError(offset, "{{json:…}} must be the whole string");
      name.remove_prefix(k_json.size());
      piece.as = As::json;
      pieces_.back().text.pop_back();  // the quote
    }
    piece.text = name;
    pieces_.push_back(std::move(piece));
    left.remove_prefix(end + 2);
  }
  if (pieces_.back().as != As::json) append("\"");
}

void JobTemplate::bind(std::vector<std::string> columns) {
  for (auto name = columns.begin(); name != columns.end(); ++name) {
    if (name->empty()) {
      throw JsonError(0, "column " + std::to_string(name - columns.begin() + 1) + " has no name");
    }
    if (std::find(columns.begin(), name, *name) != name)
      throw JsonError(0, "column " + printable(*name) + " is there twice");
  }
  for (auto& piece : pieces_) {
    if (piece.as == As::text) continue;
    const auto found = std::find(columns.begin(), columns.end(), piece.text);
    if (found == columns.end()) {
      throw JsonError(0, "the template asks for column " + printable(piece.text) +
                             "; the columns are " + names_of(columns));
    }
    piece.column = static_cast<std::size_t>(found - columns.begin());
  }
  columns_ = std::move(columns);
}

std::string JobTemplate::fill(const std::vector<std::string>& fields) const {
  if (fields.size() != columns_.size()) {
    const std::string counts = std::to_string(fields.size()) + " fields, but the header names " +
                               std::to_string(columns_.size());
    throw JsonError(0, fields.size() > columns_.size()
                           ? counts
                           : counts + "; missing is " + printable(columns_[fields.size()]));
  }
  std::string job;
  for (const auto& piece : pieces_) {
    if (piece.as == As::text) {
      job += piece.text;
    } else {
      fill_piece(job, piece, fields[piece.column]);
    }
  }
  return job;
}

void JobTemplate::fill_piece(std::string& job, const Piece& piece, const std::string& field) const {
  const auto refuse = [&](const std::string& why) {
    throw JsonError(0, "column " + printable(piece.text) + ": " + why);
  };
  if (!is_utf8(field)) refuse("not UTF-8");
  switch (piece.as) {
    case As::text:
    case As::string:
      job += escaped(field);
      return;
    case As::json:
      try {
        job += JsonView::parse(field).raw();
      } catch (const JsonError& error) {
        refuse(std::string("not JSON: ") + error.what());
      }
      return;
    case As::path:
      // Both would make another path of it: "/items/" for "/items/7", and "/" for "/items/..".
      if (field.empty()) refuse("empty, in the path of the url");
      if (field == "." || field == "..") refuse("a dot segment, in the path of the url");
      [[fallthrough]];
    case As::query:
      job += percent_encode(field);
      return;
  }
}

}  // namespace redial::cli
