#pragma once
// Evidence that may be looked at after every block. Formulas and sources: docs/statistics.md, section 4.

#include <array>
#include <optional>
#include <span>
#include <vector>

namespace evensweep {

inline constexpr std::array<double, 5> kBets{0.25, 0.5, 1, 2, 4};

struct EProcess {
  std::vector<double> log_e_of_bet;  // after the last block, of each bet
  std::vector<double> e;             // after each block: the mean over the bets; at most 2^n
  std::vector<double> p_anytime;     // after each block: 1 / the largest e so far, at most 1
};

// Of the null hypothesis that each d_i is symmetric around 0, against larger ones: E_n = mean over the bets lambda of
// prod_i 2 / (1 + exp(-2 lambda d_i / scale)). P(some E_n >= 1/alpha) <= alpha, whenever one stops. `scale` must be
// fixed before the blocks are seen. Absent where scale or a bet is not above 0 and finite, there is no bet, or a
// difference is not finite.
std::optional<EProcess> e_process_symmetry(std::span<const double> d, double scale,
                                           std::span<const double> bets = kBets);

}  // namespace evensweep
