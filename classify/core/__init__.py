"""Tools that every folder uses: Arrow without pandas, array files, atomic writes, threads, the estimator contract."""
