#include <redial/http/body.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include <gtest/gtest.h>
#include <unistd.h>

namespace {

using namespace redial;

std::string content_of(const Body& body) {
  std::string content;
  const auto reader = body.open();
  char piece[7];
  while (const std::size_t count = reader->read(piece, sizeof piece)) content.append(piece, count);
  return content;
}

// A file for one test.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content)
      : path_(std::filesystem::temp_directory_path() /
              ("redial-body-" + std::to_string(getpid()))) {
    write(content);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path_); }
  void write(const std::string& content) const {
    std::ofstream(path_, std::ios::binary) << content;
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

Body::Read counting_down(int& left) {
  return [&left](char* into, std::size_t) {
    if (left == 0) return std::size_t{0};
    --left;
    *into = 'x';
    return std::size_t{1};
  };
}

TEST(Body, NoneAndAnEmptyOneAreDifferent) {
  EXPECT_TRUE(Body().absent());
  EXPECT_FALSE(Body("").absent());
  EXPECT_EQ(Body("").length(), 0U);
  EXPECT_TRUE(Body().replayable());
}

TEST(Body, BytesAreSentAgainAsOftenAsNeeded) {
  const Body body = Body::bytes("0123456789");
  EXPECT_EQ(content_of(body), "0123456789");
  EXPECT_EQ(content_of(body), "0123456789");
  EXPECT_TRUE(body.replayable());
  EXPECT_FALSE(body.streamed());
}

TEST(Body, AFileIsSentAgainWithTheSizeItHad) {
  const TemporaryFile file("0123456789");
  const Body body = Body::file(file.path());
  EXPECT_EQ(body.length(), 10U);
  EXPECT_EQ(content_of(body), "0123456789");
  EXPECT_EQ(content_of(body), "0123456789");
  EXPECT_TRUE(body.streamed());
}

TEST(Body, AFileThatChangedItsSizeIsNotSent) {
  const TemporaryFile file("0123456789");
  const Body body = Body::file(file.path());
  for (const auto* changed : {"012345678", "0123456789a", ""}) {
    file.write(changed);
    EXPECT_THROW(content_of(body), std::runtime_error) << changed;
  }
}

TEST(Body, AFileThatCannotBeReadIsNamedAtOnce) {
  for (const auto* path : {"/nowhere/at/all", "/tmp"}) {
    try {
      (void)Body::file(path);
      FAIL() << "accepted " << path;
    } catch (const std::system_error& error) {
      EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
    }
  }
}

TEST(Body, AStreamIsReplayableUntilItIsOpened) {
  int left = 3;
  const Body body = Body::stream(counting_down(left));
  EXPECT_TRUE(body.replayable());
  EXPECT_EQ(body.length(), std::nullopt);
  EXPECT_EQ(content_of(body), "xxx");
  EXPECT_FALSE(body.replayable());
  EXPECT_THROW(body.rewind(), std::runtime_error);
  EXPECT_THROW((void)body.open(), std::runtime_error);
}

TEST(Body, ARewindableStreamGoesBack) {
  int left = 3;
  const Body body = Body::rewindable(
      counting_down(left), [&left] { left = 3; }, 3);
  EXPECT_EQ(content_of(body), "xxx");
  EXPECT_TRUE(body.replayable());
  EXPECT_EQ(content_of(body), "xxx");
  EXPECT_EQ(body.length(), 3U);
}

TEST(Body, EmptyFunctionsAreRefused) {
  EXPECT_THROW(Body::stream(nullptr), std::invalid_argument);
  const auto read = [](char*, std::size_t) { return std::size_t{0}; };
  EXPECT_THROW(Body::rewindable(read, nullptr), std::invalid_argument);
}

}  // namespace
