#include "agent/trainer/checkpoint.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace evensweep {
namespace {

Checkpoint example() {
  return {
      .run = RunKey(std::string(64, 'a')),
      .libtorch = "2.11.0",
      .position = {.epoch = 2, .step = 5},
      .optimizer_steps = 25,
      .epoch_loss_sum = 0.1 + 0.2,
      .train_seconds = 1.5,
      .evaluate_seconds = 0.25,
      .curve = {{.epoch = 1, .train_loss = 1.0 / 3, .validation_accuracy = 0.5, .lr = 1e-5},
                {.epoch = 2, .train_loss = 0.2, .validation_accuracy = 0.75, .lr = 5e-324}},
      .tensors = {{.name = "weight", .dtype = "Float", .shape = {2, 1}, .bytes = std::string("\0\x01\xff\n\0\0\0z", 8)},
                  {.name = "empty", .dtype = "Float", .shape = {0}, .bytes = ""},
                  {.name = "scalar", .dtype = "Long", .shape = {}, .bytes = "12345678"}}};
}

TEST(Checkpoint, ReadsBackWhatWasWritten) {
  const Checkpoint wrote = example();
  const StatusOr<Checkpoint> read = decode_checkpoint(encode_checkpoint(wrote));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->run, wrote.run);
  EXPECT_EQ(read->libtorch, wrote.libtorch);
  EXPECT_EQ(read->position, wrote.position);
  EXPECT_EQ(read->optimizer_steps, wrote.optimizer_steps);
  EXPECT_EQ(read->epoch_loss_sum, wrote.epoch_loss_sum);
  EXPECT_EQ(read->train_seconds, wrote.train_seconds);
  EXPECT_EQ(read->evaluate_seconds, wrote.evaluate_seconds);
  EXPECT_EQ(read->curve, wrote.curve);
  EXPECT_EQ(read->tensors, wrote.tensors);
}

TEST(Checkpoint, RefusesEveryTruncation) {
  const std::string file = encode_checkpoint(example());
  for (size_t size = 0; size < file.size(); ++size)
    EXPECT_TRUE(absl::IsDataLoss(decode_checkpoint(file.substr(0, size)).status())) << size << " bytes";
  EXPECT_FALSE(decode_checkpoint(file + "x").ok());
}

TEST(Checkpoint, RefusesEveryFlippedBit) {
  const std::string file = encode_checkpoint(example());
  for (size_t bit = 0; bit < file.size() * 8; ++bit) {
    std::string altered = file;
    altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ 1 << bit % 8);
    EXPECT_TRUE(absl::IsDataLoss(decode_checkpoint(altered).status())) << "bit " << bit;
  }
}

TEST(Checkpoint, SurvivesGarbage) {
  EXPECT_TRUE(rc::check("bytes that were never a checkpoint are refused", [](std::string bytes, bool with_magic) {
    if (with_magic) bytes.insert(0, std::string_view("EVSWCKP\x01", 8));
    RC_ASSERT(!decode_checkpoint(bytes).ok());
  }));
}

}  // namespace
}  // namespace evensweep
