return UnifiedCommerce.Benchmarks.SourcingBenchmarks.Run(args);
