from django.core.management.commands import migrate
from django.db.migrations.executor import MigrationExecutor


class WholeMigrations(MigrationExecutor):
    """Django notes most migrations as done after their transaction: killed in between, the next `migrate` meets tables that are
    there already and fails for ever. Here the last statements and the note are part of the transaction.
    """

    def apply_migration(self, state, migration, fake=False, fake_initial=False):
        apply = migration.apply

        def apply_to_the_end(project_state, schema_editor, collect_sql=False):
            changed = apply(project_state, schema_editor, collect_sql)
            # With nothing put off any more, Django makes its note before the transaction ends.
            while schema_editor.deferred_sql:
                schema_editor.execute(schema_editor.deferred_sql.pop(0))
            return changed

        migration.apply = apply_to_the_end
        return super().apply_migration(state, migration, fake=fake, fake_initial=fake_initial)


class Command(migrate.Command):
    def get_check_kwargs(self, options):
        # Whether money is guarded is asked by what serves. The one before this may have died with the guard set aside:
        # then this very command brings it back.
        return {**super().get_check_kwargs(options), "databases": None}

    def handle(self, *args, **options):
        migrate.MigrationExecutor = WholeMigrations
        super().handle(*args, **options)
