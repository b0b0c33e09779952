#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <redial/http/multipart.hpp>

namespace CLI {
class App;
}

namespace redial::cli {

/// -F and --form-string in the order typed: they are one form.
struct FormFlags {
  struct Given {
    bool literal;  ///< --form-string
    std::string text;
  };
  std::vector<Given> given;
};

void declare_form(CLI::App& app, FormFlags& flags, const char* group);

/// The parts of the form. Throws UsageError naming the argument that makes no sense or the file
/// that cannot be read.
std::vector<Part> form_parts(const FormFlags& flags);

/// One -F argument, as curl takes it: name=value, name=@file, name=<file, each with
/// ;type=…;filename=…;headers=…, values in quotes where they hold ; or ,.
Part form_part(const std::string& argument);

}  // namespace redial::cli
