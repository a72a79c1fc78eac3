#pragma once
// Visits a std::variant with one lambda for each alternative: std::visit(Overloaded{[](A) {...}, [](B) {...}}, v).

namespace evensweep {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace evensweep
