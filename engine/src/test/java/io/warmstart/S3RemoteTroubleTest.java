package io.warmstart;

import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** A bucket that is not there, or not as it should be. */
@EnabledIfEnvironmentVariable(
    named = BucketPlace.SERVER,
    matches = ".+",
    disabledReason = BucketPlace.MISSING)
class S3RemoteTroubleTest extends RemoteTroubleTest {
  @Override
  RemotePlace makePlace() throws Exception {
    return new BucketPlace();
  }
}
