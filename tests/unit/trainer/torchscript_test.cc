#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/trainer/model.h"
#include "common/base/file.h"
#include "common/base/hash.h"
#include "tests/unit/trainer/script_module.h"
#include "tests/unit/trainer/synthetic_data.h"

namespace evensweep {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class Torchscript : public testing::Test {
 protected:
  DataFile file(const ScriptModule& module = {}) { return write_script_module(folder_.path() + "/net.pt", module); }

  StatusOr<std::unique_ptr<Model>> make(const DataFile& file, uint64_t seed = 1, const Execution& execution = {},
                                        int64_t classes = 3) {
    return make_model({.name = kTorchscript, .file = file}, {4}, classes, seed, execution);
  }
  std::string refusal(const ScriptModule& module, int64_t classes = 3) {
    return std::string(make(file(module), 1, {}, classes).status().message());
  }

  TestFolder folder_;
};

const at::Tensor& named(const std::vector<NamedTensor>& list, const std::string& name) {
  for (const NamedTensor& entry : list)
    if (entry.name == name) return entry.tensor;
  throw std::out_of_range(name);
}

TEST_F(Torchscript, ComputesWhatItsCodeSays) {
  const auto model = make(file());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->parameter_count(), 8 * 4 + 8 + 3 * 8 + 3);
  const at::Tensor x = at::linspace(-1, 1, 20).view({5, 4});
  const auto& list = (*model)->parameters();
  const at::Tensor hidden = at::relu(at::matmul(x, named(list, "w1").t()));
  EXPECT_TRUE(at::allclose((*model)->forward(x, false), at::matmul(hidden, named(list, "w2").t())));
}

TEST_F(Torchscript, DropsOutAndKeepsItsBuffersInTrainingOnly) {
  const auto model = make(file());
  ASSERT_TRUE(model.ok()) << model.status();
  const at::Tensor x = at::ones({64, 4}), seen = named((*model)->buffers(), "seen");
  EXPECT_EQ(seen.item<float>(), 0) << "trying it out leaves no trace";
  const at::Tensor evaluated = (*model)->forward(x, false);
  EXPECT_TRUE(at::equal((*model)->forward(x, false), evaluated));
  EXPECT_FALSE(at::equal((*model)->forward(x, true), evaluated));
  EXPECT_EQ(seen.item<float>(), 64) << "though its code puts another tensor in the place of this one";
  (*model)->forward(x, true);
  EXPECT_EQ(named((*model)->buffers(), "seen").item<float>(), 128);
}

TEST_F(Torchscript, StartsWithItsOwnWeightsUnlessItDrawsThem) {
  const DataFile saved = file();
  const auto a = make(saved, 1), b = make(saved, 2);
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_TRUE(at::equal(named((*a)->parameters(), "w1"), named((*b)->parameters(), "w1")));
  const DataFile drawing = file({.methods = {kScriptReset}});
  const auto one = make(drawing, 1), again = make(drawing, 1), other = make(drawing, 2);
  ASSERT_TRUE(one.ok() && again.ok() && other.ok());
  EXPECT_TRUE(at::equal(named((*one)->parameters(), "w1"), named((*again)->parameters(), "w1")));
  EXPECT_FALSE(at::equal(named((*one)->parameters(), "w1"), named((*other)->parameters(), "w1")));
  EXPECT_FALSE(at::equal(named((*one)->parameters(), "w1"), named((*a)->parameters(), "w1")));
  EXPECT_NEAR(named((*one)->parameters(), "w1").std().item<double>(), 0.7, 0.25);
}

TEST_F(Torchscript, ComputesInBf16WhereAskedTo) {
  const auto exact = make(file()), rough = make(file(), 1, {.bf16 = true});
  ASSERT_TRUE(exact.ok() && rough.ok());
  const at::Tensor x = at::linspace(-1, 1, 20).view({5, 4});
  const at::Tensor a = (*exact)->forward(x, false), b = (*rough)->forward(x, false);
  EXPECT_EQ(b.scalar_type(), at::kFloat);
  EXPECT_FALSE(at::equal(a, b));
  EXPECT_TRUE(at::allclose(a, b, 0.02, 0.02));
}

TEST_F(Torchscript, TakesTexts) {
  const DataFile reader = file({.forward = R"(
def forward(self, x):
    read = torch.embedding(self.w1, x.clamp(max=7)).mean(1)
    return torch.matmul(torch.cat([read, read], 1) + self.b1, self.w2.t()) + self.b2
)"});
  const auto model = make_model({.name = kTorchscript, .file = reader}, {6, 29}, 3, 1, {});
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->forward(at::ones({5, 4}, at::kLong), false).sizes(), (std::vector<int64_t>{5, 3}));
}

TEST_F(Torchscript, SaysWhatIsWrongWithAModule) {
  const std::string place = "model torchscript: " + folder_.path() + "/net.pt: ";
  EXPECT_EQ(refusal({}, 5), place +
                                "forward gives Float [2, 3] for 2 examples; it must give a logit for each of the 5 "
                                "classes, [2, 5]");
  EXPECT_EQ(refusal({.forward = "def go(self, x):\n    return x"}),
            place + "has no method forward; add it and save the module again");
  EXPECT_EQ(refusal({.forward = "def forward(self, x):\n    return (x, x)"}),
            place + "forward gives a Tuple, not a tensor of logits");
  EXPECT_EQ(refusal({.forward = "def forward(self, x):\n    return x[:, :3]"}),
            place + "what forward gives does not depend on the parameters");
  EXPECT_EQ(refusal({.forward = "def forward(self, x):\n    return torch.matmul(x, self.w1)"}),
            place +
                "cannot be trained on examples of shape [4]: model torchscript: forward: RuntimeError: mat1 and mat2 "
                "shapes cannot be multiplied (2x4 and 8x4)");
  EXPECT_EQ(refusal({.forward = "def forward(self, x, y):\n    return x"}).substr(0, place.size() + 14),
            place + "cannot be trai");
  EXPECT_EQ(refusal({.spare_parameters = {"spare"}}),
            place + "forward does not use the parameter spare; remove it or set requires_grad_(False) on it");
  EXPECT_EQ(refusal({.float64 = true}),
            place + "the parameter w1 is Double, not float32; call module.float() before saving it");
  EXPECT_EQ(refusal({.methods = {"def reset_parameters(self, seed: int) -> None:\n    pass"}}),
            place + "its method reset_parameters takes arguments; it must take self alone");
}

TEST_F(Torchscript, SaysWhatIsWrongWithAFile) {
  DataFile text{.path = folder_.path() + "/net.pt", .sha256 = sha256_hex("no module")};
  ASSERT_TRUE(write_file_atomically(text.path, "no module").ok());
  EXPECT_THAT(std::string(make(text).status().message()),
              AllOf(StartsWith("model torchscript: " + text.path + ": is no TorchScript module ("),
                    HasSubstr("save one with torch.jit.save"), testing::Not(HasSubstr("\n"))));
  text.sha256 = std::string(64, '0');
  EXPECT_THAT(std::string(make(text).status().message()), HasSubstr("has changed since the sweep was submitted"));
  text.path += ".gone";
  EXPECT_THAT(std::string(make(text).status().message()), HasSubstr("net.pt.gone"));
  EXPECT_EQ(make_model({.name = kTorchscript}, {4}, 3, 1, {}).status().message(), "model torchscript: names no file");
  EXPECT_THAT(std::string(make(file(), 1, {.cosine_logits = true}).status().message()),
              HasSubstr("margins (ldam_drw) need a model's last layer"));
}

}  // namespace
}  // namespace evensweep
