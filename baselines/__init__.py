"""Entries without a training loop of ours: rules, controls and classic machine learning."""

BASELINES = {
    "prior": "baselines.prior:Prior",
    "rules-apl": "baselines.rules_apl:RulesApl",
    "logistic-regression": "baselines.logistic_regression:LogisticRegressionEntry",
    "random-forest": "baselines.random_forest:RandomForestEntry",
    "xgboost": "baselines.xgboost_trees:XGBoostEntry",
}
