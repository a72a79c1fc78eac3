#!/usr/bin/env python3
"""A trainer of your own for Evensweep, in PyTorch: the model `mlp` on a CSV file of numbers (docs/own-trainer.md)."""

import base64, csv, json, os, pathlib, signal, sys, time  # noqa: E401
import numpy as np
import torch

NAME = "pytorch-mlp-1"  # what agent.yaml and the sweep call it; change it whenever its numbers change
open_runs = []  # of the task under way, those that have not ended


def say(event, **fields):
    os.write(3, (json.dumps({"event": event, **fields}) + "\n").encode())


def stop(*_):
    for who in open_runs:
        say("stopped", **who)
    os._exit(0)


def read_table(path, columns):
    """Features [rows, columns] and classes [rows]; classes are numbered as Evensweep numbers them."""
    rows = list(csv.DictReader(pathlib.Path(path).read_text().splitlines()))
    features = columns["features"] or [name for name in rows[0] if name != columns["label"]]
    labels = [row[columns["label"]] for row in rows]
    numeric = all(label.lstrip("-").isdigit() for label in labels)
    names = sorted(set(labels), key=int if numeric else str.encode)
    values = [[float(row[name]) for name in features] for row in rows]
    return torch.tensor(values), torch.tensor([names.index(label) for label in labels])


def split(labels, spec, seed):
    """Rows of training, validation and test, divided class by class: a function of the seed alone."""
    parts = [[], [], []]
    for c in range(int(labels.max()) + 1):
        rows = np.flatnonzero(labels.numpy() == c)
        np.random.default_rng([seed, c]).shuffle(rows)
        away = [spec["validation_fraction"], spec["test_fraction"]]
        shares = len(rows) * np.array([1 - sum(away), *away])
        sizes = np.floor(shares + 1e-9).astype(int)  # the largest remainders get what is left over
        sizes[np.argsort(sizes - shares, kind="stable")[: len(rows) - sizes.sum()]] += 1
        pieces = np.split(rows, np.cumsum(sizes)[:2])
        parts = [part + piece.tolist() for part, piece in zip(parts, pieces)]
    return [sorted(part) for part in parts]


def make_mlp(spec, inputs, classes):
    widths, drop = [inputs, *spec["hidden"]], torch.nn.Dropout(spec["dropout"])
    hidden = [m for a, b in zip(widths, widths[1:]) for m in (torch.nn.Linear(a, b), torch.nn.ReLU(), drop)]
    return torch.nn.Sequential(*hidden, torch.nn.Linear(widths[-1], classes))


def count(model, x, y, classes):
    """Confusion counts, rows are true classes, and the predicted class of each row."""
    with torch.no_grad():
        guess = model.eval()(x).argmax(1)
    return torch.bincount(y * classes + guess, minlength=classes**2).view(classes, classes).tolist(), guess


def train(spec, files, progress):
    treatment, recipe, optimizer = spec["treatment"], spec["training"], spec["training"]["optimizer"]
    unknown = sorted(set(treatment) - {"class_weights", "focal_gamma"})  # refuse what would silently do nothing
    if unknown or spec["model"]["name"] != "mlp" or optimizer["name"] != "adam":
        raise ValueError(f"only mlp, adam, class weights and focal loss are supported; refused: {unknown}")
    torch.manual_seed(spec["seed"])
    torch.set_num_threads(recipe["threads"])
    x, y = read_table(files[spec["dataset"]["train_files"][0]], spec["dataset"]["columns"])
    classes, by = len(treatment["class_weights"]), spec["dataset"]["split"]
    training, validation, test = split(y, by, spec["seed"] if by["seed"] is None else by["seed"])
    x = (x - x[training].mean(0)) / x[training].std(0, unbiased=False).clamp_min(1e-6)
    model = make_mlp(spec["model"], x.shape[1], classes)
    adam = torch.optim.Adam(model.parameters(), optimizer["lr"], weight_decay=optimizer["weight_decay"])
    weights, begin, curve = torch.tensor(treatment["class_weights"]), time.monotonic(), []
    for epoch in range(1, recipe["epochs"] + 1):
        total = 0.0
        model.train()
        for rows in torch.tensor(training)[torch.randperm(len(training))].split(recipe["batch_size"]):
            log_p = torch.log_softmax(model(x[rows]), 1).gather(1, y[rows, None]).squeeze(1)
            losses = weights[y[rows]] * (1 - log_p.exp()).pow(treatment["focal_gamma"]) * -log_p
            adam.zero_grad()
            losses.mean().backward()
            adam.step()
            total += losses.sum().item()
        counts, guess = count(model, x[validation], y[validation], classes)
        right = (guess == y[validation]).float().mean().item()
        curve.append(dict(epoch=epoch, train_loss=total / len(training), validation_accuracy=right, lr=optimizer["lr"]))
        seconds = time.monotonic() - begin
        progress(fraction=epoch / recipe["epochs"], examples_per_second=epoch * len(training) / seconds)
    test_counts, guess = count(model, x[test], y[test], classes)
    data = base64.b64encode(guess.numpy().astype("<u2").tobytes()).decode()
    return dict(validation=counts, test=test_counts, curve=curve,
                test_predictions=dict(encoding="base64/u16le", count=len(test), data=data),
                model_parameters=sum(p.numel() for p in model.parameters()),
                times=dict(train_seconds=seconds, evaluate_seconds=0, examples_per_second=epoch * len(training) / seconds,
                           finished_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())),
                environment=dict(trainer=NAME, libtorch=torch.__version__, device="cpu", threads=recipe["threads"]))


def main():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, stop)
    say("hello", contract=1, trainer=NAME, numerics=NAME)
    for task in map(json.loads, sys.stdin):  # when it ends the agent is gone
        open_runs.extend(dict(run=item["run"], attempt=item["attempt"]) for item in task["runs"])
        for item, who in zip(task["runs"], list(open_runs)):
            say("started", **who, resumed_at_epoch=0)
            try:
                result = train(item["spec"], task["files"], lambda **fields: say("progress", **who, **fields))
                partial = pathlib.Path(task["work_dir"], item["run"], "result.partial")
                partial.write_text(json.dumps(result))
                partial.rename(partial.with_suffix(".json"))  # complete, or not there
                say("finished", **who)
            except (ValueError, KeyError, OSError) as error:
                say("failed", **who, **{"class": "bad_input", "message": str(error)})
            open_runs.pop(0)


main()
