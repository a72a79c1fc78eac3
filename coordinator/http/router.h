#pragma once
// Which handler answers a path. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "coordinator/http/request.h"

namespace evensweep::coordinator {

struct Route {
  std::string method;   // GET or POST
  std::string pattern;  // "/sweeps/{sweep}/trials": {name} stands for one segment that is not empty
  Right right = Right::kRead;
  Handler handler;
};

class Router {
 public:
  void add(Route route);
  void get(std::string pattern, Right right, Handler handler) {
    add({"GET", std::move(pattern), right, std::move(handler)});
  }
  void post(std::string pattern, Right right, Handler handler) {
    add({"POST", std::move(pattern), right, std::move(handler)});
  }

  struct Match {
    const Route* route = nullptr;  // null: `refusal` says why
    HttpValues values;             // of the pattern's names, decoded
    int status = 404;              // of a refusal: 400, 404 or 405
    std::string refusal;           // one line
    std::string allowed;           // methods of a 405
  };
  // The route for a path without its query. Of several, the one with more literal segments.
  Match find(std::string_view method, std::string_view path) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  std::vector<Route> routes_;
  std::vector<std::vector<std::string>> segments_;  // of the routes' patterns
};

}  // namespace evensweep::coordinator
