package io.warmstart;

import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** What one machine saves another finds, in a bucket too. */
@EnabledIfEnvironmentVariable(
    named = BucketPlace.SERVER,
    matches = ".+",
    disabledReason = BucketPlace.MISSING)
class S3RemoteTest extends RemoteTest {
  @Override
  RemotePlace makePlace() throws Exception {
    return new BucketPlace();
  }
}
