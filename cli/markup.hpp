#pragma once

#include <string>
#include <string_view>

namespace redial::cli {

/// `text` from outside as the content or the quoted attribute of an HTML or XML element: markup
/// and quotes become references. What XML cannot hold (control characters, bytes that are no
/// UTF-8) becomes U+FFFD, and so do the characters that turn the direction of text, with which a
/// command could be made to look like another.
std::string markup_text(std::string_view text);

}  // namespace redial::cli
