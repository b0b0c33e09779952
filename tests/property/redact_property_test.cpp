#include <redial/http/redact.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <redial/http/route.hpp>
#include <redial/http/url.hpp>

namespace {

using namespace redial;

RC_GTEST_PROP(RedactUrls, RedactingTwiceChangesNothing, (const std::string& text)) {
  const std::string once = redact_urls(text);
  RC_ASSERT(redact_urls(once) == once);
}

RC_GTEST_PROP(RedactUrls, AValueIsGoneWhateverStandsAroundIt, ()) {
  const auto around =
      rc::gen::container<std::string>(rc::gen::elementOf(std::string("a/?&=@:#%2 <>\"")));
  const std::string text = *around + " https://x.test/?token=PLANTED&" + *around;
  RC_ASSERT(redact_urls(text).find("PLANTED") == std::string::npos);
}

// What a URL says of itself needs no further redaction.
RC_GTEST_PROP(RedactUrls, ARedactedUrlStays, ()) {
  const auto word =
      rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(std::string("abz019"))));
  const Url url("https://" + *word + ":" + *word + "@h.test/" + *word + "?token=" + *word +
                "&q=" + *word);
  RC_ASSERT(redact_urls(url.redacted()) == url.redacted());
}

RC_GTEST_PROP(RouteTemplate, IsBoundedAndStable, (const std::string& path)) {
  const std::string route = route_template(path);
  RC_ASSERT(route.size() <= 120U);
  RC_ASSERT(route.front() == '/');
}

RC_GTEST_PROP(RouteTemplate, NumbersNeverStay, (unsigned id)) {
  RC_ASSERT(route_template("/users/" + std::to_string(id)) == "/users/{id}");
}

}  // namespace
