"""Coordinator and agents as programs: ready, at work, stopped, started again, backed up and restored."""

import signal

from cluster import ClusterTest
from program import main, poll

RUNS = 8  # of a sweep of program.py with two seeds: one baseline and three arms each


class Programs(ClusterTest):
    def submit(self, address, *arguments, **fields):
        sweep = self.sweep(seeds=2, gammas="1", **fields)
        self.ok(self.command("submit", sweep, "--coordinator", address, *arguments))

    def agents_that_trained(self):
        return {row[0] for row in self.query("SELECT DISTINCT agent FROM attempts")}

    def test_two_agents_train_a_sweep(self):
        coordinator, address = self.start_coordinator()
        slow = {"FAKE_TRAINER_MODE": "sleep:200"}
        agents = [self.start_agent(name, address, env=slow) for name in ("one", "two")]
        self.submit(address)
        poll(lambda: self.results_stored() == RUNS, "all results")
        self.assertEqual(len(self.agents_that_trained()), 2, "both machines have a part")
        for agent, number in zip(agents, (signal.SIGUSR1, signal.SIGUSR2)):
            self.stop(agent, number)
        self.stop(coordinator)
        self.assertFalse((self.state / "evensweep.db-wal").exists(), "the log is written back")

    def test_a_killed_coordinator_goes_on(self):
        coordinator, address = self.start_coordinator()
        agent = self.start_agent("one", address, env={"FAKE_TRAINER_MODE": "sleep:200"})
        self.submit(address)
        poll(lambda: self.results_stored() >= 2, "two results")
        coordinator.kill()
        coordinator.wait()
        coordinator, again = self.start_coordinator(listen=address)
        self.assertEqual(again, address)
        poll(lambda: self.results_stored() == RUNS, "all results")
        self.check_attempts(RUNS)
        self.stop(agent)
        self.stop(coordinator)

    def test_an_agent_without_work_ends(self):
        coordinator, address = self.start_coordinator()
        agent = self.start_agent("one", address, "--idle-timeout", "1", env={"FAKE_TRAINER_MODE": "sleep:1500"})
        self.submit(address)
        self.assertEqual(agent.wait(60), 0)
        self.assertEqual(self.results_stored(), RUNS, "it waits as long as it trains")
        self.assertIn("nothing to do for 1 s", self.log("one"))
        self.stop(coordinator)

    def test_a_second_coordinator_is_refused(self):
        coordinator, address = self.start_coordinator()
        done = self.ok(self.command("coordinator", "--listen", "127.0.0.1:0", "--state", self.state), code=1)
        self.assertIn(f"in use by another evensweep (process {coordinator.pid})", done.stderr)
        done = self.ok(self.command("coordinator", "--listen", address, "--state", self.dir / "other"), code=1)
        self.assertIn(f"cannot listen on {address}", done.stderr)
        self.stop(coordinator)

    def test_backup_and_restore(self):
        coordinator, address = self.start_coordinator()
        agent = self.start_agent("one", address)
        self.submit(address)
        poll(lambda: self.results_stored() == RUNS, "all results")
        self.stop(agent)
        self.stop(coordinator)
        coordinator, address = self.start_coordinator()  # the first backup is taken at the start
        poll(lambda: "backup " in self.log("coordinator"), "a backup")
        self.stop(coordinator)
        (self.state / "evensweep.db").write_bytes(b"\0" * 8192)
        done = self.ok(self.command("coordinator", "--listen", "127.0.0.1:0", "--state", self.state), code=1)
        self.assertIn("evensweep.db", done.stderr)
        done = self.ok(self.command("coordinator", "--state", self.state, "--restore"))
        self.assertIn("what was there is kept as", done.stderr)
        self.assertEqual(self.results_stored(), RUNS)
        coordinator, address = self.start_coordinator()
        self.stop(coordinator)

    def test_usage(self):
        for arguments, what in ((["--listen", "nowhere"], "no address"),
                                (["--config", self.write("bad.yaml", "version: 1\nlisten: x\n")], "bad.yaml:2"),
                                (["--config", self.write("odd.yaml", "version: 1\nlissten: x\n")], "did you mean")):
            done = self.ok(self.command("coordinator", "--state", self.state, *arguments), code=2)
            self.assertIn(what, done.stderr)
        done = self.ok(self.command("agent", "--dir", self.dir / "a", "--id", "../x"), code=2)
        self.assertIn("no id of an agent", done.stderr)


if __name__ == "__main__":
    main()
