#pragma once
// Between what a coordinator says of its sweeps and protobuf. decode() is for the asking side: what is impossible is
// InvalidArgument, and what a newer coordinator says besides is left out.

#include "common/base/status.h"
#include "common/model/views.h"
#include "evensweep/v1/sweeps.pb.h"

namespace evensweep {

v1::SweepView encode(const SweepView& view);
StatusOr<SweepView> decode(const v1::SweepView& proto);

v1::SweepDefinition encode(const SweepDefinition& definition);
StatusOr<SweepDefinition> decode(const v1::SweepDefinition& proto);

v1::TrialState encode(TrialState state);
StatusOr<TrialState> decode(v1::TrialState proto);

v1::TrialView encode(const TrialView& view);
StatusOr<TrialView> decode(const v1::TrialView& proto);

v1::AttemptView encode(const AttemptView& view);
StatusOr<AttemptView> decode(const v1::AttemptView& proto);

}  // namespace evensweep
