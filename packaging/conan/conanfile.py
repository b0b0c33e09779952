from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.gnu import PkgConfigDeps


class Redial(ConanFile):
    name = "redial"
    version = "0.1.0"
    license = "Apache-2.0"
    description = "Makes HTTP calls finish well: retries what is safe, never twice what must go once"
    topics = ("http", "retry", "resilience", "idempotency")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "fPIC": [True, False], "cli": [True, False]}
    default_options = {"shared": False, "fPIC": True, "cli": False}

    # The recipe builds the tree that it stands in: `conan create packaging/conan`.
    def export_sources(self):
        from os.path import join

        from conan.tools.files import copy

        root = join(self.recipe_folder, "..", "..")
        for pattern in ("CMakeLists.txt", "LICENSE", "cmake/*", "include/*", "src/*", "cli/*"):
            copy(self, pattern, src=root, dst=self.export_sources_folder)

    def config_options(self):
        if self.settings.os == "Windows":
            self.options.rm_safe("fPIC")

    def validate(self):
        check_min_cppstd(self, 20)

    def layout(self):
        cmake_layout(self)

    def requirements(self):
        self.requires("tl-expected/1.1.0", transitive_headers=True)
        self.requires("boost/1.81.0")
        self.requires("openssl/[>=3.0 <4]")
        self.requires("zlib/[>=1.2.11 <2]")
        self.requires("brotli/[>=1.0.9 <2]")
        self.requires("zstd/[>=1.5 <2]")
        self.requires("fmt/9.1.0")
        self.requires("nlohmann_json/3.11.2", transitive_headers=True)
        self.requires("libidn2/2.3.0")
        self.requires("tomlplusplus/3.3.0")
        self.requires("libpsl/0.21.1")
        if self.options.cli:
            self.requires("cli11/2.3.2")

    def build_requirements(self):
        self.tool_requires("pkgconf/2.1.0")

    def generate(self):
        CMakeDeps(self).generate()
        PkgConfigDeps(self).generate()
        toolchain = CMakeToolchain(self)
        toolchain.variables["REDIAL_CLI"] = bool(self.options.cli)
        toolchain.variables["REDIAL_TESTS"] = False
        toolchain.variables["REDIAL_WERROR"] = False
        toolchain.variables["REDIAL_INSTALL"] = True
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "redial")
        self.cpp_info.components["redial"].set_property("cmake_target_name", "redial::redial")
        self.cpp_info.components["redial"].set_property("pkg_config_name", "redial")
        self.cpp_info.components["redial"].libs = ["redial"]
        self.cpp_info.components["redial"].system_libs = ["pthread"]
        self.cpp_info.components["redial"].requires = [
            "tl-expected::tl-expected",
            "boost::url",
            "boost::headers",
            "openssl::openssl",
            "zlib::zlib",
            "brotli::brotlidec",
            "zstd::zstdlib",
            "fmt::fmt",
            "nlohmann_json::nlohmann_json",
            "libidn2::libidn2",
            "tomlplusplus::tomlplusplus",
            "libpsl::libpsl",
        ]
        self.cpp_info.components["testing"].set_property("cmake_target_name", "redial::testing")
        self.cpp_info.components["testing"].libs = ["redial_testing"]
        self.cpp_info.components["testing"].requires = ["redial"]
