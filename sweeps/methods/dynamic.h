#pragma once
// Rules that change the weights while a model is trained: after an epoch (CDB), or with every batch (recall loss, group
// DRO). Formulas and sources: docs/methods.md.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace evensweep {

// The exponent that CDB's authors call dynamic: 1 / (1 + exp(-max A / (min A + 0.01))). Accuracies in [0, 1], one for
// each class; 1/2 for no classes.
double dynamic_cdb_tau(std::span<const double> accuracy);

// (1 - A_c)^tau, normalised to the sum C: class-wise difficulty (Sinha, Ohashi and Nakamura 2020). All weights are 1
// where every class is recognised without error. Accuracies in [0, 1], tau >= 0.
std::vector<double> cdb_weights(std::span<const double> accuracy, double tau);

struct RecallLoss {
  std::vector<double> missed;   // 1 - recall in the batch; 0 for a class that is not in it
  std::vector<double> weights;  // the same with at least one miss for each class, so that no class has weight 0
};
// Weights of one batch, not normalised (Tian et al. 2022). `labels` and `predictions` as long as each other, all in
// [0, classes).
RecallLoss recall_loss(std::span<const int64_t> labels, std::span<const int64_t> predictions, size_t classes);

// q_c exp(eta L_c) / Z: the shares of the classes in the loss after a batch whose mean loss in class c was L_c, 0 for a
// class that is not in it (Sagawa et al. 2020, algorithm 1, classes as groups). `q` and `class_losses` as long as each
// other and finite, q summing to 1.
std::vector<double> group_dro_update(std::span<const double> q, std::span<const double> class_losses, double eta);

}  // namespace evensweep
