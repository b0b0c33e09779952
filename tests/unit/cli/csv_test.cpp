#include "csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "json_view.hpp"
#include "lines.hpp"

namespace {

using namespace redial::cli;
using ::testing::ElementsAre;

std::size_t refused_at(std::string_view record) {
  try {
    (void)parse_csv(record);
  } catch (const JsonError& error) {
    return error.offset;
  }
  ADD_FAILURE() << "was taken: " << record;
  return 0;
}

// Records of `text`, read in pieces of `piece` bytes, with their first lines.
std::vector<std::pair<std::uint64_t, std::string>> records_of(std::string text, std::size_t piece) {
  LineReader reader(
      [&](char* into, std::size_t room) {
        const std::size_t size = std::min({room, piece, text.size()});
        text.copy(into, size);
        text.erase(0, size);
        return static_cast<ssize_t>(size);
      },
      "test", LineReader::Records::csv);
  std::vector<std::pair<std::uint64_t, std::string>> records;
  while (const auto line = reader.next()) records.emplace_back(line->number, line->text);
  return records;
}

// The cases of RFC 4180 §2, and what Python's csv module writes.
TEST(Csv, FieldsAsInRfc4180) {
  EXPECT_THAT(parse_csv("aaa,bbb,ccc"), ElementsAre("aaa", "bbb", "ccc"));
  EXPECT_THAT(parse_csv(R"("aaa","b""bb","c,cc")"), ElementsAre("aaa", "b\"bb", "c,cc"));
  EXPECT_THAT(parse_csv("\"aaa\",\"b\r\nbb\",ccc"), ElementsAre("aaa", "b\r\nbb", "ccc"));
  EXPECT_THAT(parse_csv("a,,"), ElementsAre("a", "", ""));
  EXPECT_THAT(parse_csv(R"("","""",x)"), ElementsAre("", "\"", "x"));
  EXPECT_THAT(parse_csv(" a , b"), ElementsAre(" a ", " b")) << "spaces are part of a field";
  EXPECT_THAT(parse_csv(""), ElementsAre(""));
  EXPECT_THAT(parse_csv(R"(a,"")"), ElementsAre("a", ""));
}

TEST(Csv, WhatIsWrongIsToldWithItsByte) {
  EXPECT_EQ(refused_at(R"(a,b"c)"), 3U);
  EXPECT_EQ(refused_at(R"("a"b,c)"), 3U);
  EXPECT_EQ(refused_at(R"("a" ,c)"), 3U);
  EXPECT_EQ(refused_at(R"(a,"bc)"), 2U);
  EXPECT_EQ(refused_at(R"(a,"bc"")"), 2U);
}

TEST(Csv, RecordsEndOutsideOfQuotes) {
  const std::string text = "\xEF\xBB\xBFid,n\r\n1,\"two\r\nlines\"\r\n\r\n2,\"a \"\"b\"\"\n\"\n3,x";
  for (const std::size_t piece : {1U, 2U, 7U, 1000U}) {
    EXPECT_THAT(
        records_of(text, piece),
        ElementsAre(std::pair(1, "id,n"), std::pair(2, "1,\"two\r\nlines\""), std::pair(4, ""),
                    std::pair(5, "2,\"a \"\"b\"\"\n\""), std::pair(7, "3,x")))
        << piece;
  }
}

TEST(Csv, AQuoteThatIsNeverClosedIsOneRecord) {
  EXPECT_THAT(records_of("a\n\"b\nc\n", 3),
              ElementsAre(std::pair(1, "a"), std::pair(2, "\"b\nc\n")));
}

}  // namespace
