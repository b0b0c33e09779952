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
  EXPECT_EQ(head.text(), "HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(head.status, 200);
}

TEST(Head, GoodOnesAreNotCopied) {
  const std::string raw =
      "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\nFolded: a\r\n b\r\n\r\n";
  const auto head = normalise_head(raw);
  EXPECT_FALSE(head.error.has_value()) << *head.error;
  EXPECT_EQ(head.text().data(), raw.data());
  EXPECT_EQ(head.text(), raw);
}

TEST(Head, WhatNeedsNoMendingStaysAroundWhatDoes) {
  const auto text_of = [](std::string_view raw) { return std::string(normalise_head(raw).text()); };
  EXPECT_EQ(text_of("HTTP/1.1 404 Not Found\r\nA: b\nC: d\r\n\r\n"),
            "HTTP/1.1 404 Not Found\r\nA: b\r\nC: d\r\n\r\n");
  EXPECT_EQ(text_of("HTTP/1.1 200 OK\r\nA: b\r\ncontent-length: 5\r\nC: d\r\nContent-Length: 5\r\n"
                    "E: f\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nA: b\r\ncontent-length: 5\r\nC: d\r\nE: f\r\n\r\n");
  EXPECT_EQ(text_of("HTTP/1.1 200 OK\r\nA: b\r\n\n"), "HTTP/1.1 200 OK\r\nA: b\r\n\r\n");
  EXPECT_EQ(text_of("HTTP/1.1 200 OK\nContent-Length: 1,1\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n");
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
