#include "transport/wire/head.hpp"

#include <gtest/gtest.h>

namespace {

using redial::wire::end_of_head;
using redial::wire::normalise_head;

TEST(Head, EndsAtItsBlankLineHoweverLinesEnd) {
  EXPECT_EQ(end_of_head("A\r\n\r\nx", 0), 5U);
  EXPECT_EQ(end_of_head("A\n\nx", 0), 3U);
  EXPECT_EQ(end_of_head("A\n\r\nx", 0), 4U);
  EXPECT_EQ(end_of_head("A\r\nB\r\n", 0), std::string::npos);
}

TEST(Head, IsFoundWhereverTheReadsWereCut) {
  const std::string head = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
  for (std::size_t cut = 0; cut < head.size(); ++cut) {
    EXPECT_EQ(end_of_head(std::string_view(head).substr(0, cut), 0), std::string::npos);
    EXPECT_EQ(end_of_head(head, cut), head.size()) << cut;
  }
}

TEST(Head, SloppyOnesAreMended) {
  const auto head = normalise_head("HTTP/1.1 200\nContent-Length: 5, 5\nContent-Length: 5\n\n");
  EXPECT_FALSE(head.error.has_value()) << *head.error;
  EXPECT_EQ(head.text, "HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(head.status, 200);
}

TEST(Head, WhatFramesABodyTwiceOrUnknownIsRefused) {
  for (const auto* fields :
       {"Content-Length: 1\r\nContent-Length: 2\r\n", "Content-Length: 1, 2\r\n",
        "Content-Length: -1\r\n", "Content-Length: \r\n", "Transfer-Encoding: foo\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 1\r\n 2\r\n"}) {
    EXPECT_TRUE(normalise_head(std::string("HTTP/1.1 200 OK\r\n") + fields + "\r\n").error)
        << fields;
  }
  EXPECT_TRUE(normalise_head("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").error);
}

TEST(Head, StatusLinesThatAreNoneAreRefused) {
  for (const auto* line : {"HTTP/1.1 099 x", "HTTP/1.1 600 x", "HTTP/1.1 20 x", "HTTP/1.1 2000 x",
                           "HTTP/2 200 x", "HTTP/9.9 200 x", "ICY 200 OK", "", "<html>"}) {
    EXPECT_TRUE(normalise_head(std::string(line) + "\r\n\r\n").error) << line;
  }
}

}  // namespace
