#include "transport/wire/request_head.hpp"

#include <gtest/gtest.h>

#include <redial/http/request.hpp>

namespace {

using namespace redial;

class Bare final : public Exchange {
 public:
  Sink* head(ReceivedResponse&) override { return nullptr; }
  void finished(Outcome) override {}
};

std::string head_of(const Request& request) {
  Bare exchange;
  exchange.method = request.method;
  exchange.url = &request.url;
  exchange.headers = &request.headers;
  exchange.body = &request.body;
  EXPECT_FALSE(wire::unsendable(exchange).has_value());
  std::string head;
  wire::write_request_head(exchange, head);
  return head;
}

TEST(RequestHead, IsTheRequestLineHostAndTheFieldsInOrder) {
  EXPECT_EQ(head_of(Request::get("http://u:p@a.test:81/x?y#z").header("B", "1").header("A", "2")),
            "GET /x?y HTTP/1.1\r\nHost: a.test:81\r\nB: 1\r\nA: 2\r\n\r\n");
}

TEST(RequestHead, AHostOfTheCallersOwnStays) {
  EXPECT_EQ(head_of(Request::get("http://a.test/").header("host", "b.test")),
            "GET / HTTP/1.1\r\nhost: b.test\r\n\r\n");
}

TEST(RequestHead, FramingFollowsFromTheBodyAndFromNothingElse) {
  const auto framed = [](Request request) {
    request.header("Content-Length", "99").header("Transfer-Encoding", "gzip");
    const std::string head = head_of(request);
    return head.substr(head.find("a.test\r\n") + 8);
  };
  EXPECT_EQ(framed(Request::get("http://a.test/")), "\r\n");
  EXPECT_EQ(framed(Request::post("http://a.test/")), "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(framed(Request("PUT", "http://a.test/").with_body("abc")), "Content-Length: 3\r\n\r\n");
  EXPECT_EQ(framed(Request::get("http://a.test/").with_body("")), "Content-Length: 0\r\n\r\n");
  const auto nothing = [](char*, std::size_t) { return std::size_t{0}; };
  EXPECT_EQ(framed(Request::post("http://a.test/").with_body(Body::stream(nothing))),
            "Transfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(framed(Request::post("http://a.test/").with_body(Body::stream(nothing, 7))),
            "Content-Length: 7\r\n\r\n");
}

// The last wall: fields of `Request` are public, so a value may have come past its checks.
TEST(RequestHead, WhatWouldBreakTheLineIsUnsendable) {
  const auto why = [](const Request& request) {
    Bare exchange;
    exchange.method = request.method;
    exchange.url = &request.url;
    exchange.headers = &request.headers;
    exchange.body = &request.body;
    return wire::unsendable(exchange).value_or("");
  };
  Request method = Request::get("http://a.test/");
  method.method = "GET / HTTP/1.1\r\nX: y";
  EXPECT_NE(why(method).find("method"), std::string::npos);
  Request value = Request::get("http://a.test/");
  value.headers.add_received("X", "a\r\nEvil: 1");
  EXPECT_NE(why(value).find("header X"), std::string::npos);
  Request name = Request::get("http://a.test/");
  name.headers.add_received("X: 1\r\nY", "a");
  EXPECT_NE(why(name).find("header name"), std::string::npos);
  Request nul = Request::get("http://a.test/");
  nul.headers.add_received("X", std::string("a\0b", 3));
  EXPECT_NE(why(nul).find("header X"), std::string::npos);
}

}  // namespace
