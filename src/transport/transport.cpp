#include <redial/transport/transport.hpp>

namespace redial {
inline namespace v0 {

EventLoop::~EventLoop() = default;
Exchange::~Exchange() = default;
Exchange::Sink::~Sink() = default;
Transport::~Transport() = default;

}  // namespace v0
}  // namespace redial
