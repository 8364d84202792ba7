package io.warmstart.testing;

import java.util.Random;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/**
 * Random numbers for tests, which take a {@link Random} as their parameter. In the build that gates
 * each test has a seed of its own that never changes, so that the build fails for what a commit has
 * changed. The long forms, with {@code -Dwarmstart.rounds=N}, take a fresh one each time. A failure
 * names the seed; {@code -Dwarmstart.seed=SEED} takes it back.
 */
public final class Seeds implements ParameterResolver, TestExecutionExceptionHandler {
  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
    return parameter.getParameter().getType() == Random.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext test) {
    return new Random(seed(test));
  }

  @Override
  public void handleTestExecutionException(ExtensionContext test, Throwable failure)
      throws Throwable {
    failure.addSuppressed(new Seed(seed(test)));
    throw failure;
  }

  private static long seed(ExtensionContext test) {
    return test.getStore(ExtensionContext.Namespace.create(Seeds.class))
        .computeIfAbsent("seed", key -> choose(test), Long.class);
  }

  private static long choose(ExtensionContext test) {
    long chosen = Rounds.areShort() ? test.getUniqueId().hashCode() : System.nanoTime();
    return Long.getLong("warmstart.seed", chosen);
  }

  /** Comes with a failure, and tells how to have it again. */
  private static final class Seed extends Exception {
    private static final long serialVersionUID = 1;

    Seed(long seed) {
      super("this was -Dwarmstart.seed=" + seed, null, false, false);
    }
  }
}
