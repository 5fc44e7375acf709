"""A shop under attack: customers, agents and workers at random work against a provider that misbehaves, while workers and web
processes are killed and the database crashes. Afterwards nothing may be lost, sent twice or miscounted.

    python -m tests.chaos --seconds 60 --seed 1 [--postgres] [--kill-every 0.15] [--crash-database 3]

Exit code 1 on any breach. `docs/reliability.md` says what is looked at.
"""
