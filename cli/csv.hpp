#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace redial::cli {

/// The fields of a CSV record without its line end (RFC 4180): commas between them, quotes around
/// those that hold commas, quotes (doubled) or line ends. Spaces count.
///
/// Throws JsonError with the byte: a quote inside a field that does not begin with one, anything
/// but a comma behind a closing quote, a quote that is not closed.
std::vector<std::string> parse_csv(std::string_view record);

}  // namespace redial::cli
