#include "form_options.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "errors.hpp"

namespace {

using namespace redial;
using namespace redial::cli;

struct InFolder : ::testing::Test {
  InFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "redial-XXXXXX").string();
    folder = mkdtemp(name.data());
    std::ofstream(folder / "a;b,c.txt") << "content";
    std::ofstream(folder / "data.bin") << "bytes";
  }
  ~InFolder() override { std::filesystem::remove_all(folder); }
  std::string file(const std::string& name) const { return (folder / name).string(); }
  std::filesystem::path folder;
};
using FormArgument = InFolder;

std::string text(const Part& part) {
  std::string content;
  const auto reader = part.content.open();
  char piece[100];
  while (const auto count = reader->read(piece, sizeof piece)) content.append(piece, count);
  return content;
}

TEST_F(FormArgument, IsAField) {
  const Part part = form_part("name=a=b, c");
  EXPECT_EQ(part.name, "name");
  EXPECT_EQ(text(part), "a=b, c");
  EXPECT_FALSE(part.filename.has_value());
  EXPECT_EQ(part.type, "");
  EXPECT_EQ(text(form_part("name=")), "");
  const Part typed = form_part("json={\"a\":1};type=application/json; charset=utf-8");
  EXPECT_EQ(text(typed), "{\"a\":1}");
  EXPECT_EQ(typed.type, "application/json; charset=utf-8");
  const Part spaced = form_part("a= x y ; type=a/b ;charset=c ; filename=z");
  EXPECT_EQ(text(spaced), "x y");
  EXPECT_EQ(spaced.type, "a/b;charset=c");
  EXPECT_EQ(spaced.filename, "z");
  EXPECT_EQ(text(form_part("a=\"(x\" ")), "(x");
  EXPECT_EQ(text(form_part("a=  @x")), "@x") << "no file";
  EXPECT_EQ(text(form_part("a=\"x;y \\\"z\\\\\"")), "x;y \"z\\");
}

TEST_F(FormArgument, IsAFile) {
  const Part part = form_part("up=@" + file("data.bin"));
  EXPECT_EQ(text(part), "bytes");
  EXPECT_EQ(part.filename, "data.bin");
  EXPECT_EQ(part.type, "application/octet-stream");
  const Part named =
      form_part("up=@" + file("data.bin") + ";filename=\"x y.png\";headers=\"X-Z: 1\"");
  EXPECT_EQ(named.filename, "x y.png");
  EXPECT_EQ(named.type, "image/png");
  EXPECT_EQ(named.headers.get("X-Z"), "1");
  const Part quoted = form_part("up=@\"" + file("a;b,c.txt") + "\";type=text/csv");
  EXPECT_EQ(quoted.filename, "a;b,c.txt");
  EXPECT_EQ(quoted.type, "text/csv");
  EXPECT_EQ(text(quoted), "content");
}

TEST_F(FormArgument, IsAFilesContentAsAField) {
  const Part part = form_part("text=<" + file("data.bin") + ";type=text/plain");
  EXPECT_EQ(text(part), "bytes");
  EXPECT_FALSE(part.filename.has_value());
  EXPECT_EQ(part.type, "text/plain");
}

TEST_F(FormArgument, ThatMakesNoSenseIsNamed) {
  for (const auto& [argument, word] :
       std::vector<std::pair<std::string, std::string>>{{"novalue", "name=value"},
                                                        {"a=@" + file("none"), "none"},
                                                        {"a=<" + file("none"), "none"},
                                                        {"a=@x,y", "several files"},
                                                        {"a=@x;type=text/plain,y", "several files"},
                                                        {"a=(;type=multipart/mixed", "nested"},
                                                        {"=)", "nested"},
                                                        {"a=b;c", "--form-string"},
                                                        {"a=b;encoder=base64", "type="},
                                                        {"a=\"b", "not closed"},
                                                        {"a=\"b\"c", "after a quote"},
                                                        {"a=b;headers=none", "Name: value"}}) {
    try {
      form_part(argument);
      ADD_FAILURE() << argument;
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
    }
  }
}

TEST_F(FormArgument, FormStringIsLiteral) {
  FormFlags flags;
  flags.given = {{true, "a=@x;type=y"}, {false, "b=1"}};
  const auto parts = form_parts(flags);
  EXPECT_EQ(text(parts.at(0)), "@x;type=y");
  EXPECT_EQ(parts.at(1).name, "b");
}

}  // namespace
