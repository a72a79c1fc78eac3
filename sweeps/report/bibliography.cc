#include <fmt/format.h>

#include <algorithm>

#include "common/model/spec.h"
#include "sweeps/report/escape.h"
#include "sweeps/report/exports.h"
#include "sweeps/report/facts.h"

namespace evensweep {
namespace {

// Alone or in a combination ("tpr_weighting+focal").
bool uses_method(const ResultsIndex& index, const std::string& method) {
  return std::any_of(index.arms().begin(), index.arms().end(), [&](const View& arm) {
    const std::string parts = kCombination + arm["method"].text() + kCombination;
    return parts.find(kCombination + method + kCombination) != parts.npos;
  });
}

struct Reference {
  bool (*applies)(const ResultsIndex& index);
  const char* entry;
};

bool always(const ResultsIndex&) { return true; }

constexpr Reference kReferences[] = {
    {always, R"(@book{fisher1935design,
  author = {Fisher, Ronald A.},
  title = {The Design of Experiments},
  publisher = {Oliver and Boyd},
  address = {Edinburgh},
  year = {1935},
  note = {sign-flip test}
})"},
    {[](const ResultsIndex& index) { return is_simultaneous(index.root()); },
     R"(@book{westfall1993resampling,
  author = {Westfall, Peter H. and Young, S. Stanley},
  title = {Resampling-Based Multiple Testing: Examples and Methods for p-Value Adjustment},
  publisher = {Wiley},
  year = {1993}
})"},
    {[](const ResultsIndex& index) { return index.root()["analysis"]["correction"].text() == "holm"; },
     R"(@article{holm1979simple,
  author = {Holm, Sture},
  title = {A Simple Sequentially Rejective Multiple Test Procedure},
  journal = {Scandinavian Journal of Statistics},
  volume = {6},
  number = {2},
  pages = {65--70},
  year = {1979}
})"},
    {always, R"(@article{berger1982multiparameter,
  author = {Berger, Roger L.},
  title = {Multiparameter Hypothesis Testing and Acceptance Sampling},
  journal = {Technometrics},
  volume = {24},
  number = {4},
  pages = {295--300},
  year = {1982},
  note = {intersection-union test of spread and accuracy}
})"},
    {[](const ResultsIndex& index) { return uses_method(index, "effective_number"); },
     R"(@inproceedings{cui2019class,
  author = {Cui, Yin and Jia, Menglin and Lin, Tsung-Yi and Song, Yang and Belongie, Serge},
  title = {Class-Balanced Loss Based on Effective Number of Samples},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition},
  year = {2019}
})"},
    {[](const ResultsIndex& index) { return uses_method(index, "focal"); },
     R"(@inproceedings{lin2017focal,
  author = {Lin, Tsung-Yi and Goyal, Priya and Girshick, Ross and He, Kaiming and Doll{\'a}r, Piotr},
  title = {Focal Loss for Dense Object Detection},
  booktitle = {IEEE International Conference on Computer Vision},
  year = {2017}
})"},
    {[](const ResultsIndex& index) { return uses_method(index, "ldam_drw"); },
     R"(@inproceedings{cao2019learning,
  author = {Cao, Kaidi and Wei, Colin and Gaidon, Adrien and Arechiga, Nikos and Ma, Tengyu},
  title = {Learning Imbalanced Datasets with Label-Distribution-Aware Margin Loss},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2019}
})"},
    {[](const ResultsIndex& index) { return uses_method(index, "cdb") || uses_method(index, "cdb_dynamic"); },
     R"(@inproceedings{sinha2020class,
  author = {Sinha, Saptarshi and Ohashi, Hiroki and Nakamura, Katsuyuki},
  title = {Class-Wise Difficulty-Balanced Loss for Solving Class-Imbalance},
  booktitle = {Asian Conference on Computer Vision},
  year = {2020}
})"},
    {[](const ResultsIndex& index) { return uses_method(index, "recall_loss"); },
     R"(@inproceedings{tian2022striking,
  author = {Tian, Junjiao and Mithun, Niluthpol Chowdhury and Seymour, Zachary and Chiu, Han-Pang and Kira, Zsolt},
  title = {Striking the Right Balance: Recall Loss for Semantic Segmentation},
  booktitle = {IEEE International Conference on Robotics and Automation},
  year = {2022}
})"},
    {[](const ResultsIndex& index) { return uses_method(index, "group_dro"); },
     R"(@inproceedings{sagawa2020distributionally,
  author = {Sagawa, Shiori and Koh, Pang Wei and Hashimoto, Tatsunori B. and Liang, Percy},
  title = {Distributionally Robust Neural Networks},
  booktitle = {International Conference on Learning Representations},
  year = {2020}
})"},
    {[](const ResultsIndex& index) { return uses_method(index, "logit_adjustment"); },
     R"(@inproceedings{menon2021long,
  author = {Menon, Aditya Krishna and Jayasumana, Sadeep and Rawat, Ankit Singh and Jain, Himanshu and Veit, Andreas and
            Kumar, Sanjiv},
  title = {Long-Tail Learning via Logit Adjustment},
  booktitle = {International Conference on Learning Representations},
  year = {2021}
})"},
    {[](const ResultsIndex& index) { return uses_method(index, "smote"); },
     R"(@article{chawla2002smote,
  author = {Chawla, Nitesh V. and Bowyer, Kevin W. and Hall, Lawrence O. and Kegelmeyer, W. Philip},
  title = {SMOTE: Synthetic Minority Over-sampling Technique},
  journal = {Journal of Artificial Intelligence Research},
  volume = {16},
  pages = {321--357},
  year = {2002}
})"},
};

// The report itself.
std::string own_entry(View root) {
  const std::string id = root["sweep_id"].text(), end = root["times"]["last_finished_at"].text();
  std::string key;
  for (const char c : id.substr(0, 12))
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) key += c;
  std::string entry = fmt::format("@misc{{evensweep-{},\n  key = {{Evensweep}},\n  title = {{{{{}}}}},\n", key,
                                  tex_escape(report_title(root)));
  if (end.size() >= 4 && end.find_first_not_of("0123456789") == 4) entry += "  year = {" + end.substr(0, 4) + "},\n";
  return entry + fmt::format("  note = {{Made by {}, id {}}}\n}}", tex_escape(root["environment"]["program"].text()),
                             tex_escape(id));
}

}  // namespace

std::string report_bib(const ResultsIndex& index) {
  std::string text = own_entry(index.root()) + "\n";
  for (const Reference& reference : kReferences)
    if (reference.applies(index)) text += "\n" + std::string(reference.entry) + "\n";
  return text;
}

}  // namespace evensweep
