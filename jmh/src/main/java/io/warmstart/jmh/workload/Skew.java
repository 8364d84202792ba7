package io.warmstart.jmh.workload;

import java.util.SplittableRandom;
import java.util.function.IntSupplier;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.statistics.distribution.DiscreteDistribution;
import org.apache.commons.statistics.distribution.ZipfDistribution;

/** How often which key is asked for. */
public enum Skew {
  /** All keys alike. */
  UNIFORM {
    @Override
    IntSupplier ranks(int keys, SplittableRandom random) {
      return () -> random.nextInt(keys);
    }
  },
  /** A few keys often, most of them rarely: Zipf's law with the exponent that YCSB uses. */
  ZIPF {
    @Override
    IntSupplier ranks(int keys, SplittableRandom random) {
      UniformRandomProvider bits = random::nextLong;
      DiscreteDistribution.Sampler ranks =
          ZipfDistribution.of(keys, YCSB_EXPONENT).createSampler(bits);
      return () -> ranks.sample() - 1;
    }
  };

  private static final double YCSB_EXPONENT = 0.99;

  /** Keys are hashes, so that rank 0 may as well be key 0. */
  abstract IntSupplier ranks(int keys, SplittableRandom random);
}
