#include <redial/transport/transport.hpp>

namespace redial {
inline namespace v0 {

EventLoop::~EventLoop() = default;
Exchange::~Exchange() = default;
Exchange::Sink::~Sink() = default;
bool Exchange::Sink::wants_more(const std::function<void()>&) {
  return true;
}
Transport::~Transport() = default;

}  // namespace v0
}  // namespace redial
