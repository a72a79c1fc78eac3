#include "coordinator/http/pages/assets.h"

#include "coordinator/http/pages/dashboard_css.h"
#include "coordinator/http/pages/dashboard_js.h"
#include "sweeps/report/html_parts.h"

namespace evensweep::coordinator {

// The report's style comes first: both are to look like one thing.
const std::vector<Asset>& assets() {
  static const std::vector<Asset> kAssets = {
      {"dashboard.css", "text/css; charset=utf-8", std::string(kStyleSheet) + kFigureStyle + kDashboardCss},
      {"dashboard.js", "text/javascript; charset=utf-8", kDashboardJs}};
  return kAssets;
}

}  // namespace evensweep::coordinator
