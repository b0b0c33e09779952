// Names in a form never break out of their place, and text is whole characters whatever came.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "http/charset.hpp"
#include "http/multipart.hpp"

namespace {

using namespace redial;

RC_GTEST_PROP(Multipart, ANameStaysWithinItsQuotes, ()) {
  const auto name = "n" + *rc::gen::container<std::string>(
                              rc::gen::elementOf(std::string("ab\"\\;\r\n=% \xC3\xA4")));
  const Body body = detail::multipart_body({Part::field(name, "value")}, "B");
  const std::string text(*body.in_memory());
  const std::string begin = "--B\r\nContent-Disposition: form-data; name=\"";
  RC_ASSERT(text.starts_with(begin));
  const auto end = text.find('"', begin.size());
  RC_ASSERT(text.substr(end) == "\"\r\n\r\nvalue\r\n--B--\r\n");
  RC_ASSERT(text.substr(0, end).find('\n', begin.size()) == std::string::npos);
}

RC_GTEST_PROP(Charset, UnicodeComesBackFromEveryUnicodeEncoding, ()) {
  // Two letters, one of each width of UTF-8, through UTF-16 made by hand.
  const auto points = *rc::gen::container<std::u16string>(
      rc::gen::elementOf(std::u16string(u"az\u00E9\u0430\u65E5\u20AC")));
  std::string utf16;
  std::string utf8;
  for (const char16_t c : points) {
    utf16 += static_cast<char>(c & 0xFF);
    utf16 += static_cast<char>(c >> 8);
    if (c < 0x80) {
      utf8 += static_cast<char>(c);
    } else if (c < 0x800) {
      utf8 += static_cast<char>(0xC0 | (c >> 6));
      utf8 += static_cast<char>(0x80 | (c & 0x3F));
    } else {
      utf8 += static_cast<char>(0xE0 | (c >> 12));
      utf8 += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
      utf8 += static_cast<char>(0x80 | (c & 0x3F));
    }
  }
  RC_ASSERT(detail::to_utf8(utf16, "utf-16le") == utf8);
  RC_ASSERT(detail::to_utf8(utf8, "utf-8") == utf8);
}

}  // namespace
