#include "form_options.hpp"

#include <algorithm>
#include <filesystem>

#include <CLI/CLI.hpp>

#include "call_options.hpp"
#include "collected_body.hpp"
#include "errors.hpp"

namespace redial::cli {
namespace {

constexpr std::string_view k_spaces = " \t\n\v\f\r";

void skip_spaces(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(k_spaces), rest.size()));
}

// A value up to the next `;`, without the spaces around it, or in quotes with \" and \\ undone;
// taken off `rest`.
std::string take_value(std::string_view& rest, const std::string& argument) {
  std::string value;
  skip_spaces(rest);
  if (rest.empty() || rest.front() != '"') {
    value = std::string(rest.substr(0, rest.find(';')));
    rest.remove_prefix(value.size());
    value.erase(value.find_last_not_of(k_spaces) + 1);
    return value;
  }
  rest.remove_prefix(1);
  while (!rest.empty() && rest.front() != '"') {
    const bool escape =
        rest.front() == '\\' && rest.size() > 1 && (rest[1] == '"' || rest[1] == '\\');
    if (escape) rest.remove_prefix(1);
    value += rest.front();
    rest.remove_prefix(1);
  }
  if (rest.empty()) throw UsageError("-F " + argument + ": the quote is not closed");
  rest.remove_prefix(1);
  skip_spaces(rest);
  return value;
}

// curl's `,` goes on with another file of the same name.
void refuse_lists(std::string_view written, const std::string& argument) {
  bool quoted = false;
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (written[i] == '"') quoted = !quoted;
    if (quoted && written[i] == '\\') ++i;
    if (!quoted && written[i] == ',')
      throw UsageError("-F " + argument +
                       ": several files in one -F are not supported; give each a -F, or put what "
                       "holds a , into quotes");
  }
}

bool take_word(std::string_view& rest, std::string_view word) {
  if (!iequals(rest.substr(0, word.size()), word)) return false;
  rest.remove_prefix(word.size());
  return true;
}

void add_header(Part& part, const std::string& argument, const std::string& line) {
  const auto colon = line.find(':');
  if (colon == std::string::npos || colon == 0) {
    throw UsageError("-F " + argument + ": headers= expects 'Name: value'");
  }
  try {
    part.headers.add(line.substr(0, colon), line.substr(colon + 1));
  } catch (const std::invalid_argument& error) {
    throw UsageError("-F " + argument + ": " + error.what());
  }
}

void take_settings(Part& part, std::string_view rest, const std::string& argument) {
  while (!rest.empty()) {
    const std::string_view before = rest;
    rest.remove_prefix(1);  // the ;
    skip_spaces(rest);
    if (take_word(rest, "type=")) {
      part.type = take_value(rest, argument);
      // A type has parameters of its own: text/plain;charset=utf-8.
      while (rest.starts_with(';')) {
        std::string_view after = rest.substr(1);
        skip_spaces(after);
        if (after.empty() || iequals(after.substr(0, 9), "filename=") ||
            iequals(after.substr(0, 8), "headers="))
          break;
        part.type += rest.substr(0, rest.size() - after.size());
        rest = after;
        part.type += take_value(rest, argument);
      }
    } else if (take_word(rest, "filename=")) {
      part.filename = take_value(rest, argument);
    } else if (take_word(rest, "headers=")) {
      add_header(part, argument, take_value(rest, argument));
    } else {
      throw UsageError("-F " + argument +
                       ": after the value come ;type=, ;filename= or ;headers=, not '" +
                       std::string(before) +
                       "'; put a value that holds a ; into quotes, or use "
                       "--form-string");
    }
    if (!rest.empty() && rest.front() != ';') {
      throw UsageError("-F " + argument + ": '" + std::string(rest) + "' after a quote");
    }
  }
}

std::pair<std::string, std::string> name_and_value(const char* flag, const std::string& argument) {
  const auto equals = argument.find('=');
  if (equals == std::string::npos) {
    throw UsageError(std::string(flag) + " " + argument + ": expected name=value");
  }
  return {argument.substr(0, equals), argument.substr(equals + 1)};
}

}  // namespace

void declare_form(CLI::App& app, FormFlags& flags, const char* group) {
  const auto into = [&flags](bool literal) {
    return [&flags, literal](const std::vector<std::string>& texts) {
      for (const auto& text : texts) flags.given.push_back({literal, text});
      return true;
    };
  };
  app.add_option_function<std::vector<std::string>>(
         "-F,--form", [add = into(false)](const std::vector<std::string>& texts) { add(texts); },
         "multipart form: name=value, name=@file, name=<file, with ;type= ;filename= ;headers=")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->trigger_on_parse()
      ->group(group);
  app.add_option_function<std::vector<std::string>>(
         "--form-string", [add = into(true)](const std::vector<std::string>& texts) { add(texts); },
         "as -F name=value, the value as it is")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->trigger_on_parse()
      ->group(group);
}

Part form_part(const std::string& argument) {
  auto [name, value] = name_and_value("-F", argument);
  if (value.starts_with('(') || (name.empty() && value == ")"))
    throw UsageError("-F " + argument +
                     ": curl's nested multiparts are not supported; put a text that begins with a "
                     "parenthesis into quotes, or use --form-string");
  std::string_view rest = value;
  const char mark = rest.empty() ? '\0' : rest.front();
  if (mark == '@' || mark == '<') rest.remove_prefix(1);
  const std::string_view written = rest;
  const std::string text = take_value(rest, argument);
  if (!rest.empty() && rest.front() != ';') {
    throw UsageError("-F " + argument + ": '" + std::string(rest) + "' after a quote");
  }
  if (mark == '@') refuse_lists(written, argument);
  const bool named = mark == '@' || mark == '<';
  Part part{.name = name,
            .content = named ? named_body("-F " + argument, text) : Body::bytes(text)};
  if (mark == '@') part.filename = std::filesystem::path(text).filename().string();
  take_settings(part, rest, argument);
  if (mark == '@' && part.type.empty()) {
    // As curl: a new name brings the type it suggests, and standard input has no other.
    part.type = media_type_of(*part.filename);
    if (text == "-" && part.type == "application/octet-stream") part.type.clear();
  }
  return part;
}

std::vector<Part> form_parts(const FormFlags& flags) {
  std::vector<Part> parts;
  for (const auto& given : flags.given) {
    if (given.literal) {
      auto [name, value] = name_and_value("--form-string", given.text);
      parts.push_back(Part::field(std::move(name), std::move(value)));
    } else {
      parts.push_back(form_part(given.text));
    }
  }
  return parts;
}

}  // namespace redial::cli
