#include "http/multipart.hpp"

#include <filesystem>
#include <fstream>
#include <system_error>

#include <gtest/gtest.h>

namespace {

using namespace redial;
using namespace redial::detail;

std::string all_of(const Body& body) {
  std::string content;
  const auto reader = body.open();
  char piece[7];  // smaller than every part
  while (const std::size_t count = reader->read(piece, sizeof piece)) content.append(piece, count);
  return content;
}

struct File {
  explicit File(const std::string& content) {
    std::string name = (std::filesystem::temp_directory_path() / "redial-XXXXXX.txt").string();
    const int fd = mkstemps(name.data(), 4);
    EXPECT_GE(fd, 0);
    ::close(fd);
    path = name;
    write(content);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { std::filesystem::remove(path); }
  void write(const std::string& content) const { std::ofstream(path) << content; }
  std::filesystem::path path;
};

TEST(Multipart, IsLaidOutAsRfc2046) {
  const Body body = multipart_body({Part::field("a", "1"),
                                    {.name = "b",
                                     .content = "text",
                                     .filename = "x.bin",
                                     .type = "a/b",
                                     .headers = {{"X-Y", "z"}}}},
                                   "B");
  EXPECT_EQ(all_of(body),
            "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
            "--B\r\nContent-Disposition: form-data; name=\"b\"; filename=\"x.bin\"\r\n"
            "Content-Type: a/b\r\nX-Y: z\r\n\r\ntext\r\n--B--\r\n");
  EXPECT_TRUE(body.in_memory().has_value());
}

TEST(Multipart, APartNeedsNoName) {
  EXPECT_EQ(all_of(multipart_body({Part::field("", "1")}, "B")),
            "--B\r\nContent-Disposition: form-data\r\n\r\n1\r\n--B--\r\n");
}

// WHATWG HTML §4.10.21.8, browsers, curl since 7.81.
TEST(Multipart, QuotesNamesAsBrowsersDo) {
  const std::string text = all_of(
      multipart_body({{.name = "a\"b\r\nc\\", .content = "", .filename = "\xC3\xA4;\".txt"}}, "B"));
  EXPECT_NE(text.find("name=\"a%22b%0D%0Ac\\\"; filename=\"\xC3\xA4;%22.txt\"\r\n"),
            std::string::npos)
      << text;
}

TEST(Multipart, RefusesWhatWouldBreakAPartsHead) {
  const auto refused = [](Part part, const std::string& word) {
    try {
      multipart_body({std::move(part)}, "B");
      ADD_FAILURE() << word;
    } catch (const std::invalid_argument& error) {
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
    }
  };
  refused({.name = "a", .type = "a/b\r\nX: y"}, "Content-Type");
  refused({.name = std::string("a\0", 2)}, "control");
  refused({.name = "a", .type = "a/b", .headers = {{"content-type", "c/d"}}}, "second");
  refused({.name = "a", .headers = {{"Content-Disposition", "x"}}}, "second");
}

TEST(Multipart, FilesAreStreamedWithAKnownLengthAndAgain) {
  const File file("0123456789");
  const Body body = multipart_body({Part::field("a", "1"), Part::file("f", file.path)}, "B");
  EXPECT_FALSE(body.in_memory().has_value());
  EXPECT_TRUE(body.streamed());
  EXPECT_TRUE(body.replayable());
  const std::string first = all_of(body);
  EXPECT_EQ(body.length(), first.size());
  EXPECT_NE(first.find("filename=\"" + file.path.filename().string() +
                       "\"\r\nContent-Type: text/plain\r\n\r\n0123456789\r\n--B--"),
            std::string::npos)
      << first;
  EXPECT_TRUE(body.replayable());
  body.rewind();
  EXPECT_EQ(all_of(body), first);
}

TEST(Multipart, AFileThatChangesOrVanishesFailsAndIsNeverHalf) {
  const File file("0123456789");
  const Body body = multipart_body({Part::file("f", file.path)}, "B");
  file.write("01234");
  EXPECT_THROW(all_of(body), std::runtime_error);
  file.write("0123456789abc");
  EXPECT_THROW(all_of(body), std::runtime_error);
  std::filesystem::remove(file.path);
  EXPECT_THROW(all_of(body), std::system_error);
  EXPECT_THROW(Part::file("f", file.path), std::system_error);
}

TEST(Multipart, AStreamMakesItASingleShot) {
  std::string left = "stream";
  const Body body =
      multipart_body({{.name = "s", .content = Body::stream([&](char* into, std::size_t size) {
                                      const auto count = left.copy(into, size);
                                      left.erase(0, count);
                                      return count;
                                    })}},
                     "B");
  EXPECT_FALSE(body.length().has_value());
  EXPECT_TRUE(body.replayable());
  EXPECT_NE(all_of(body).find("stream"), std::string::npos);
  EXPECT_FALSE(body.replayable());
  EXPECT_THROW(body.rewind(), std::runtime_error);
}

TEST(Multipart, NoPartsAreAnEmptyForm) {
  EXPECT_EQ(all_of(multipart_body({}, "B")), "--B--\r\n");
}

TEST(Multipart, TheTypeCarriesTheBoundary) {
  EXPECT_EQ(multipart_type("", "B"), "multipart/form-data; boundary=B");
  EXPECT_EQ(multipart_type("Multipart/Related; type=x", "B"),
            "Multipart/Related; type=x; boundary=B");
  EXPECT_THROW(multipart_type("application/json", "B"), std::invalid_argument);
  EXPECT_THROW(multipart_type("multipart/form-data; Boundary=x", "B"), std::invalid_argument);
  EXPECT_NE(random_boundary(), random_boundary());
  EXPECT_LE(random_boundary().size(), 70U);  // RFC 2046 §5.1.1
}

TEST(Multipart, TypesByExtension) {
  EXPECT_EQ(media_type_of("a.PNG"), "image/png");
  EXPECT_EQ(media_type_of("a.tar.gz"), "application/octet-stream");
  EXPECT_EQ(media_type_of("png"), "application/octet-stream");
}

TEST(JoinedBody, IsTheBodiesOneAfterAnother) {
  EXPECT_EQ(all_of(Body::joined({})), "");
  EXPECT_EQ(Body::joined({"a", Body(), "b"}).in_memory(), "ab");
}

}  // namespace
