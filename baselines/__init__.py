"""Entries without a training loop of ours: rules, controls and classic machine learning."""

BASELINES = {
    "prior": "baselines.prior:Prior",
    "missingness-only": "baselines.missingness_only:MissingnessOnly",
    "border-only": "baselines.border_only:BorderOnly",
    "background-only": "baselines.background_only:BackgroundOnly",
    "site-only": "baselines.site_only:SiteOnly",
    "rules-apl": "baselines.rules_apl:RulesApl",
    "rules-hematopoiesis": "baselines.rules_hematopoiesis:RulesHematopoiesis",
    "rules-mito": "baselines.rules_mito:RulesMito",
    "logistic-regression": "baselines.logistic_regression:LogisticRegressionEntry",
    "random-forest": "baselines.random_forest:RandomForestEntry",
    "random-forest-differential": "baselines.random_forest_differential:RandomForestDifferential",
    "xgboost": "baselines.xgboost_trees:XGBoostEntry",
    "xgboost-cells": "baselines.xgboost_cells:XGBoostCells",
    "xgboost-tabular": "baselines.xgboost_tabular:XGBoostTabular",
}
