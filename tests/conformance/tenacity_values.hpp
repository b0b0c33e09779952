#pragma once

#include <exception>
#include <ostream>
#include <string>

#include <nlohmann/json.hpp>

// The values and exceptions that recorded behaviour speaks of, as C++ types. In the global
// namespace, because their names stand in log lines.

/// A returned value, written as Python's str() writes it.
struct PythonValue {
  nlohmann::json json;
  bool operator==(const PythonValue&) const = default;
};

/// Python's repr(), of what JSON can hold.
inline std::string python_repr(const nlohmann::json& value) {
  if (value.is_null()) return "None";
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  if (value.is_string()) return "'" + value.get<std::string>() + "'";
  if (!value.is_structured()) return value.dump();
  std::string inner;
  for (const auto& [key, one] : value.items()) {
    if (!inner.empty()) inner += ", ";
    if (value.is_object()) inner += "'" + key + "': ";
    inner += python_repr(one);
  }
  return value.is_object() ? "{" + inner + "}" : "[" + inner + "]";
}

inline std::ostream& operator<<(std::ostream& out, const PythonValue& value) {
  return out << (value.json.is_string() ? value.json.get<std::string>() : python_repr(value.json));
}

/// Python's BaseException: not what "any exception" means.
class BaseException {
 public:
  explicit BaseException(std::string message) : message_(std::move(message)) {}
  virtual ~BaseException() = default;
  const std::string& message() const { return message_; }

 private:
  std::string message_;
};
class KeyboardInterrupt : public BaseException {
  using BaseException::BaseException;
};
class SystemExit : public BaseException {
  using BaseException::BaseException;
};
class GeneratorExit : public BaseException {
  using BaseException::BaseException;
};
class CancelledError : public BaseException {
  using BaseException::BaseException;
};

/// Python's Exception.
class Exception : public std::exception {
 public:
  explicit Exception(std::string message) : message_(std::move(message)) {}
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  std::string message_;
};

// X(class, base): its part of Python's tree of built-in exceptions, and a few that tests define.
#define REDIAL_PYTHON_EXCEPTIONS(X)          \
  X(ArithmeticError, Exception)              \
  X(OverflowError, ArithmeticError)          \
  X(ZeroDivisionError, ArithmeticError)      \
  X(FloatingPointError, ArithmeticError)     \
  X(AssertionError, Exception)               \
  X(AttributeError, Exception)               \
  X(BufferError, Exception)                  \
  X(EOFError, Exception)                     \
  X(ImportError, Exception)                  \
  X(ModuleNotFoundError, ImportError)        \
  X(LookupError, Exception)                  \
  X(IndexError, LookupError)                 \
  X(KeyError, LookupError)                   \
  X(MemoryError, Exception)                  \
  X(NameError, Exception)                    \
  X(UnboundLocalError, NameError)            \
  X(OSError, Exception)                      \
  X(BlockingIOError, OSError)                \
  X(ChildProcessError, OSError)              \
  X(ConnectionError, OSError)                \
  X(BrokenPipeError, ConnectionError)        \
  X(ConnectionAbortedError, ConnectionError) \
  X(ConnectionRefusedError, ConnectionError) \
  X(ConnectionResetError, ConnectionError)   \
  X(FileExistsError, OSError)                \
  X(FileNotFoundError, OSError)              \
  X(InterruptedError, OSError)               \
  X(IsADirectoryError, OSError)              \
  X(NotADirectoryError, OSError)             \
  X(PermissionError, OSError)                \
  X(ProcessLookupError, OSError)             \
  X(TimeoutError, OSError)                   \
  X(HTTPError, OSError)                      \
  X(URLError, OSError)                       \
  X(RequestException, OSError)               \
  X(ReferenceError, Exception)               \
  X(RuntimeError, Exception)                 \
  X(NotImplementedError, RuntimeError)       \
  X(RecursionError, RuntimeError)            \
  X(StopIteration, Exception)                \
  X(StopAsyncIteration, Exception)           \
  X(SyntaxError, Exception)                  \
  X(IndentationError, SyntaxError)           \
  X(TabError, IndentationError)              \
  X(SystemError, Exception)                  \
  X(TypeError, Exception)                    \
  X(ValueError, Exception)                   \
  X(UnicodeError, ValueError)                \
  X(UnicodeDecodeError, UnicodeError)        \
  X(UnicodeEncodeError, UnicodeError)        \
  X(UnicodeTranslateError, UnicodeError)     \
  X(JSONDecodeError, ValueError)             \
  X(Warning, Exception)                      \
  X(UserWarning, Warning)                    \
  X(DeprecationWarning, Warning)             \
  X(RuntimeWarning, Warning)                 \
  X(CustomError, Exception)                  \
  X(CustomException, Exception)              \
  X(MyError, Exception)                      \
  X(UnderlyingError, Exception)              \
  X(RealBad, Exception)

#define REDIAL_PYTHON_CLASS(name, base) \
  class name : public base {            \
    using base::base;                   \
  };
REDIAL_PYTHON_EXCEPTIONS(REDIAL_PYTHON_CLASS)
#undef REDIAL_PYTHON_CLASS
